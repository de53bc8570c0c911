"""Carry out the steps of one sending or action in order, journalled one by one, and stop at the first that fails."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from app.model.errors import AnswerLost, AppError, BadReply, DeviceFailed, StorageFailed
from app.model.section import Step
from app.model.vendor import Connection

from .receipt import Outcome, SentStep, StepState
from .records import Operation


@dataclass
class Sending:
    """The steps of one sending, as far as they got."""

    connection: Connection
    operation: Operation
    done: list[SentStep] = field(default_factory=list)
    error: AppError | None = None
    unkept: StorageFailed | None = None
    """The journal could not be written: what was sent up to there is told all the same, and nothing more is sent."""

    async def perform(self, steps: Sequence[Step]) -> None:
        for index, step in enumerate(steps):
            if self.error is not None:
                self._note(index, step, StepState.NOT_SENT, "")
                continue
            try:
                self.operation.before(index, step)
            except StorageFailed as error:
                self.error = self.unkept = error
                self._note(index, step, StepState.NOT_SENT, "")
                continue
            try:
                await self.connection.perform(step)
            except (AnswerLost, BadReply) as error:
                # An answer that cannot be read says as little as none.
                self.error = error
                self._note(index, step, StepState.UNKNOWN, error.message)
            except AppError as error:
                self.error = error
                self._note(index, step, StepState.REFUSED, error.message)
            except asyncio.CancelledError:
                self._note(index, step, StepState.UNKNOWN, "stopped while it was on its way")
                raise
            else:
                self._note(index, step, StepState.DONE, "")

    def _note(self, index: int, step: Step, state: StepState, message: str) -> None:
        self.done.append(SentStep(step.title, step.method, step.path, state, message))
        try:
            self.operation.after(index, state.value, message)
        except StorageFailed as error:
            self.unkept = self.unkept or error
            self.error = self.error or error

    def end(self, outcome: Outcome, receipt: dict[str, Any]) -> None:
        """Close the journal's entry. It stays open, and so 'unknown', if it cannot be written."""
        try:
            self.operation.end(outcome.value, receipt)
        except StorageFailed as error:
            self.unkept = self.unkept or error

    @property
    def broken_off(self) -> bool:
        """Did the device begin with a request and fail in it? That is no refusal: a part of it may stand."""
        return isinstance(self.error, DeviceFailed) and any(step.state is StepState.REFUSED for step in self.done)

    @property
    def answer_lost(self) -> bool:
        return any(step.state is StepState.UNKNOWN for step in self.done)
