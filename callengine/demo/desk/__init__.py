"""What the demo's desk begins with: companies' houses and residents, articles, accounts; and the process itself."""
