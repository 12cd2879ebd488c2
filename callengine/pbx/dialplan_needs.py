"""Which modules of Asterisk our dialplan needs: read from the dialplan's own text, step by step."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from callengine.pbx.dialplan_file import Step

BUILT_IN: Final = ""
"""In Asterisk itself."""
APPLICATIONS: Final[Mapping[str, str]] = {
    "AMD": "app_amd.so",
    "AddQueueMember": "app_queue.so",
    "Answer": BUILT_IN,
    "Bridge": BUILT_IN,
    "ChanSpy": "app_chanspy.so",
    "Dial": "app_dial.so",
    "ExecIf": "app_exec.so",
    "Gosub": "app_stack.so",
    "GosubIf": "app_stack.so",
    "Goto": BUILT_IN,
    "GotoIf": BUILT_IN,
    "Hangup": BUILT_IN,
    "HangupCauseClear": "func_hangupcause.so",
    "MixMonitor": "app_mixmonitor.so",
    "NoOp": BUILT_IN,
    "Originate": "app_originate.so",
    "PauseQueueMember": "app_queue.so",
    "PlayTones": "app_playtones.so",
    "Playback": "app_playback.so",
    "Progress": BUILT_IN,
    "Queue": "app_queue.so",
    "Read": "app_read.so",
    "Record": "app_record.so",
    "RemoveQueueMember": "app_queue.so",
    "Return": "app_stack.so",
    "Set": BUILT_IN,
    "StartMusicOnHold": "res_musiconhold.so",
    "StopMixMonitor": "app_mixmonitor.so",
    "StopMusicOnHold": "res_musiconhold.so",
    "StopPlayTones": "app_playtones.so",
    "UnpauseQueueMember": "app_queue.so",
    "UserEvent": "app_userevent.so",
    "Wait": BUILT_IN,
}
FUNCTIONS: Final[Mapping[str, str]] = {
    "AMI_CLIENT": BUILT_IN,
    "CALLERID": "func_callerid.so",
    "CDR": "func_cdr.so",
    "CHANNEL": "func_channel.so",
    "CHANNEL_EXISTS": "func_channel.so",
    "CUT": "func_cut.so",
    "DB": "func_db.so",
    "DB_DELETE": "func_db.so",
    "DB_EXISTS": "func_db.so",
    "DB_KEYS": "func_db.so",
    "DEVICE_STATE": "func_devstate.so",
    "DIALPLAN_EXISTS": "func_dialplan.so",
    "EXPORT": "func_export.so",
    "FILTER": "func_strings.so",
    "GLOBAL": "func_global.so",
    "GROUP": "func_groupcount.so",
    "GROUP_COUNT": "func_groupcount.so",
    "HANGUPCAUSE": "func_hangupcause.so",
    "HANGUPCAUSE_KEYS": "func_hangupcause.so",
    "IF": "func_logic.so",
    "IMPORT": "func_logic.so",
    "LEN": "func_strings.so",
    "LOCAL": "app_stack.so",
    "MIXMONITOR": "app_mixmonitor.so",
    "QUEUE_MEMBER": "app_queue.so",
    "QUEUE_MEMBER_LIST": "app_queue.so",
    "REGEX": "func_strings.so",
    "STAT": "func_env.so",
    "STRFTIME": "func_strings.so",
}
BESIDES: Final[Mapping[str, str]] = {
    "chan_pjsip.so": "trunks and phones",
    "pbx_config.so": "reads the dialplan",
    "format_wav.so": "recordings and phrases",
    "bridge_simple.so": "conversations",
    "bridge_builtin_features.so": "transfers",
}
"""What no step names."""
_ONLY_TO_LISTEN: Final = frozenset({"AMD", "ChanSpy", "Originate"})


class UnknownToTheTable(Exception):
    """The dialplan uses what the tables above lack."""


def needed_modules(steps: Iterable[Step], *, listens: bool) -> dict[str, set[str]]:
    """Each module with what is used of it; `listens`: callbacks.listen_for_machines is on. Raises UnknownToTheTable."""
    needs: dict[str, set[str]] = {module: {use} for module, use in BESIDES.items()}
    for step in steps:
        if step.priority == "hint":
            continue
        for name, table in (
            *((application, APPLICATIONS) for application in step.applications()),
            *((function, FUNCTIONS) for function in step.functions()),
        ):
            if name in _ONLY_TO_LISTEN and not listens:
                continue
            if name not in table:
                raise UnknownToTheTable(f"{step.context},{step.extension},{step.priority}: {name}")
            if table[name]:
                needs.setdefault(table[name], set()).add(name)
    return needs
