"""What agents write on their calls: cards with their drafts, topics with typed forms, marks, notes to the next shift.

`drafts`, `forms`, `values` and `two_minutes` are pure. No page is here: `agent_page` shows them.
"""
