"""The one task that owns the live state, its alarms, and the guard that sheds load before the loop falls behind."""
