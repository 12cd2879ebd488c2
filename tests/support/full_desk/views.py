"""Every page of the desk, and who looks at it."""

from __future__ import annotations

from dataclasses import dataclass

from callengine.desk.people.rights import Role
from callengine.platform.language import Language

AGENT, LEAD, COMPANY = Role.AGENT, Role.SUPERVISOR, Role.COMPANY
EDITOR, ROOT = Role.EDITOR, Role.ADMINISTRATOR


@dataclass(frozen=True, slots=True)
class View:
    """`path` may name `{house}`. `only_full`: an empty desk has no such page."""

    name: str
    role: Role | None
    path: str
    only_full: bool = False
    is_technical: bool = False
    """It names words of a format, which are English."""

    def address(self, house: int, language: Language) -> str:
        """Behind the desk's own. Whoever is not signed in says by it what he reads."""
        separator = "&" if "?" in self.path else "?"
        return self.path.format(house=house) + (f"{separator}lang={language}" if self.role is None else "")


VIEWS = (
    View("sign-in", None, "/desk/sign-in"),
    View("set-password-void", None, "/desk/set-password/nothing"),
    View("work", AGENT, "/desk/work"),
    View("work-card-closed", AGENT, "/desk/work/cards/5", only_full=True),
    View("dial", AGENT, "/desk/work/dial"),
    View("handover", AGENT, "/desk/work/handover"),
    View("agent-directory", AGENT, "/desk/directory"),
    View("agent-unread", AGENT, "/desk/knowledge/unread"),
    View("agent-calls", AGENT, "/desk/calls"),
    View("agent-outgoing", AGENT, "/desk/outgoing"),
    View("floor", LEAD, "/desk/floor"),
    View("floor-agent", LEAD, "/desk/floor/agents/1001"),
    View("floor-call", LEAD, "/desk/floor/calls/wait-3", only_full=True),
    View("handover-lead", LEAD, "/desk/work/handover"),
    View("calls", LEAD, "/desk/calls"),
    View("outgoing", LEAD, "/desk/outgoing"),
    View("calls-filtered", LEAD, "/desk/calls?span=month&callback=late&waited_from=abc"),
    View("call-answered", LEAD, "/desk/calls/call-0", only_full=True),
    View("call-missed", LEAD, "/desk/calls/call-5", only_full=True),
    View("contacts", LEAD, "/desk/contacts?span=month"),
    View("directory", LEAD, "/desk/directory"),
    View("directory-found", LEAD, "/desk/directory?q=ленина 5"),
    View("house", LEAD, "/desk/directory/houses/{house}", only_full=True),
    View("house-edit", LEAD, "/desk/directory/houses/{house}/edit", only_full=True),
    View("house-new", LEAD, "/desk/directory/houses/new"),
    View("premises-new", LEAD, "/desk/directory/houses/{house}/premises/new", only_full=True),
    View("device-new", LEAD, "/desk/directory/houses/{house}/devices/new", only_full=True),
    View("resident", LEAD, "/desk/directory/residents/1", only_full=True),
    View("resident-edit", LEAD, "/desk/directory/residents/1/edit", only_full=True),
    View("contractors", LEAD, "/desk/directory/contractors"),
    View("contractor-new", LEAD, "/desk/directory/contractors/new"),
    View("loads", LEAD, "/desk/directory/loads"),
    View("trail", LEAD, "/desk/trail"),
    View("sessions", LEAD, "/desk/sessions"),
    View("privacy-search", LEAD, "/desk/privacy"),
    View("privacy", LEAD, "/desk/privacy/1", only_full=True),
    View("me", LEAD, "/desk/me"),
    View("second-factor", LEAD, "/desk/me/second-factor"),
    View("readers", LEAD, "/desk/knowledge/1/readers", only_full=True),
    View("nowhere", LEAD, "/desk/nothing-of-that-name"),
    View("not-seen", LEAD, "/desk/calls/nothing-of-that-name"),
    View("knowledge", EDITOR, "/desk/knowledge"),
    View("knowledge-found", EDITOR, "/desk/knowledge?q=подвал"),
    View("article", EDITOR, "/desk/knowledge/1", only_full=True),
    View("versions", EDITOR, "/desk/knowledge/1/versions", only_full=True),
    View("article-edit", EDITOR, "/desk/knowledge/1/edit", only_full=True),
    View("article-new", EDITOR, "/desk/knowledge/new"),
    View("checklist", EDITOR, "/desk/knowledge/checklist"),
    View("doubted", EDITOR, "/desk/knowledge/doubted"),
    View("proposals", EDITOR, "/desk/knowledge/proposals"),
    View("topics", EDITOR, "/desk/knowledge/topics"),
    View("topic-new", EDITOR, "/desk/knowledge/topics/new", is_technical=True),
    View("proposal", EDITOR, "/desk/knowledge/proposals/1", only_full=True),
    View("company", COMPANY, "/desk/company"),
    View("company-calls", COMPANY, "/desk/calls"),
    View("company-contacts", COMPANY, "/desk/contacts"),
    View("company-call", COMPANY, "/desk/calls/call-0", only_full=True),
    View("company-directory", COMPANY, "/desk/directory"),
    View("company-propose", COMPANY, "/desk/knowledge/propose"),
    View("accounts", ROOT, "/desk/accounts"),
    View("account", ROOT, "/desk/accounts/1"),
    View("account-new", ROOT, "/desk/accounts/new"),
    View("tokens", ROOT, "/desk/tokens"),
)
