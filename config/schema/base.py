"""What every table of the settings is made of."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationInfo, field_validator

# At least one digit: an extension called i, s, h or t has a meaning of its own in Asterisk's dialplan.
DidText = Annotated[str, StringConstraints(pattern=r"^\+?[A-Za-z]*[0-9][0-9A-Za-z]*$", max_length=40)]


class Section(BaseModel):
    """Every table of the file: an unknown key is a mistake."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=False)

    @field_validator("*", mode="before")
    @classmethod
    def _no_truth_for_a_number(cls, value: Any, info: ValidationInfo) -> Any:
        """`max_attempts = true` would otherwise be 1. Texts are let through: the environment knows no other."""
        field = cls.model_fields.get(info.field_name or "")
        if isinstance(value, bool) and field is not None and field.annotation in {int, float}:
            raise ValueError("must be a number, not true or false")
        return value
