"""The training loop.

    python -m <package> train                                  # one process, whatever device
    python -m <package> train run_dir=outputs/a resume=auto    # go on after any interruption
    torchrun --nproc-per-node 2 -m <package> train             # data-parallel

`Loop.fit` is the whole story; what a single optimizer step does is in `step.py`.
"""

import logging
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

from ..config import Config
from ..data.dataset import Batch
from ..errors import UserError
from ..runs import choose_run_dir
from ..tracking import build_trackers
from ..tracking.base import RunInfo, Status
from ..utils.logging import configure_logging
from .checkpoint import Checkpoint
from .distributed import join_world
from .guards import DivergenceGuard, Verdict, dump_divergence, is_finite
from .memory import warn_about_memory
from .optimizer import set_learning_rate
from .parts import Parts, build_parts
from .progress import TrainingProgress
from .provenance import describe_run, write_provenance
from .record import Record
from .resume import (
    SplitsNote,
    checkpoint_content,
    choose_seed,
    find_checkpoint,
    refuse_changes,
    restore,
)
from .signals import StopRequest, stop_on_signals
from .state import TrainState
from .step import StepResult, WindowStep, to_device
from .store import CheckpointStore

logger = logging.getLogger(__name__)


def main(config: Config) -> int:
    """Train; return 0 when the run is complete, 128 + the signal's number when asked to stop."""
    with (
        join_world(config.training.accelerator, config.training.strategy) as world,
        stop_on_signals() as stop,
    ):
        run_dir = Path(world.from_main(str(choose_run_dir(config))))
        try:
            run_dir.mkdir(parents=True, exist_ok=True)
            configure_logging(run_dir, world.rank)
        except OSError as error:
            raise UserError(f"run_dir={run_dir}: can't be written ({error.strerror})") from error
        if config.seed is None:
            config.seed = world.from_main(choose_seed(run_dir))
            logger.warning("no seed was set: took seed=%d, pass it to repeat this run", config.seed)
        parts = build_parts(config, world)
        warn_about_memory(parts)
        loop = Loop(parts, run_dir, stop)
        status: Status = "failed"
        try:
            loop.start()
            status = loop.fit()
        finally:
            loop.close(status)
        return stop.exit_status if status == "interrupted" else 0


class Loop:
    """One process's run from start to end."""

    def __init__(self, parts: Parts, run_dir: Path, stop: StopRequest) -> None:
        """Prepare; nothing is written but the empty record files."""
        self.parts, self.run_dir, self.stop = parts, run_dir, stop
        self.config, self.world = parts.config, parts.world
        self.training = parts.config.training
        self.state = TrainState()
        checkpoints = self.training.checkpoint
        self.store = CheckpointStore(run_dir, checkpoints.keep_last, checkpoints.keep_best)
        self.record = Record(run_dir, self.world, build_trackers(self.config.tracking))
        self.step = WindowStep(parts, run_dir, self.record, stop)
        self.guard = DivergenceGuard(self.training.divergence)
        self.batches: Iterator[Batch] = iter(())
        self.progress: TrainingProgress | None = None
        self.git: dict[str, Any] = {}

    def start(self) -> None:
        """Resume where there is something to resume, and save the start where there is not."""
        resumed = self._load_newest(self.config.resume)
        if resumed is not None and not self.config.resume_with_changes:
            logger.info("resuming %s after step %d", self.run_dir, self.state.step)
        note = SplitsNote(self.run_dir).take() if self.world.is_main else None
        splits = self.world.from_main(note)
        if splits is not None and splits > self.state.splits:
            self.state.splits, self.state.proven_steps = splits, 0

        def begin() -> None:
            provenance = describe_run(self.parts)
            self.git = provenance["git"]
            write_provenance(self.parts, self.run_dir, provenance)
            info = RunInfo(
                run_dir=self.run_dir,
                name=self.run_dir.name,
                config=provenance["config"],
                provenance=provenance,
                start_step=self.state.step,
            )
            self.record.start(info, self.state.metrics_bytes)

        self.world.on_main(begin)
        self.record.event("resume" if resumed else "start", step=self.state.step)
        if resumed is None:
            # A full disk or a missing permission shows now, not after hours of training.
            self.save()

    def fit(self) -> Status:
        """Train until the last step, an early stop or a signal; return how it ended."""
        state, plan = self.state, self.parts.plan
        if state.finished:
            logger.info("%s is complete after step %d; nothing to do", self.run_dir, state.step)
            return "completed"
        log_every = self.training.log_every_steps
        started, waited_s, samples = time.perf_counter(), 0.0, 0
        self.batches = self.parts.training_batches(state.epoch, state.position)
        progress = TrainingProgress(self.parts.total_steps, state.step, enabled=self.world.is_main)
        self.progress = progress
        while not state.finished:
            sizes = plan.window(state.position)
            fetch = time.perf_counter()
            window = [next(self.batches) for _ in sizes]
            waited_s += time.perf_counter() - fetch

            rate = self._set_rate()
            result = self.step.take(state, window, sizes)
            self._advance(sum(sizes))
            verdict = self._judge(result)
            if verdict is Verdict.ROLL_BACK:
                self._roll_back(window)
                state = self.state
                continue
            if verdict is Verdict.GIVE_UP:
                self._give_up(window, result)
            samples += sum(sizes)

            last = state.step >= self.parts.total_steps
            if state.step % log_every == 0 or last:
                self._log_step(result, rate)
                now = time.perf_counter()
                self.record.log_performance(state.step, samples, now - started, waited_s)
                started, waited_s, samples = now, 0.0, 0
            progress.update(state.step, state.epoch, result.loss_sum / max(result.items, 1))

            state.score = None
            if last or self._due(self.training.evaluate_every_steps):
                self._evaluate_and_judge()
            patience = self.training.early_stopping.patience
            early = patience is not None and state.evaluations_since_best >= patience
            state.finished = last or early
            improved = state.score is not None and state.best_step == state.step
            due = self._due(self.training.checkpoint.every_steps) and state.bad_steps == 0
            if due or improved or state.finished or result.stop:
                self.save(is_best=improved)
            if early and not last:
                logger.info("early stop: no better %s", self.training.checkpoint.monitor)
            if result.stop and not state.finished:
                self.record.event("stop", step=state.step, signal=str(self.stop.signal))
                logger.warning("asked to stop: saved step %d, run again to go on", state.step)
                return "interrupted"
        return "completed"

    def evaluate(self) -> dict[str, float]:
        """Score the validation split; every process takes a share."""
        model, world = self.parts.evaluated_model, self.world
        world.share_buffers(model)
        model.eval()
        sums: dict[str, float] = {}
        items = 0.0
        with torch.inference_mode(), self.parts.precision.autocast():
            for batch in self.parts.validation_batches():
                batch = to_device(batch, world.device)
                items += self.parts.task.count_items(batch)
                for name, value in self.parts.task.evaluation_step(model, batch).items():
                    sums[name] = sums.get(name, 0.0) + float(value)
        # A process without a row of a tiny split knows no names.
        names = sorted({name for known in world.gather(list(sums)) for name in known})
        *totals, items = world.sum([*(sums.get(name, 0.0) for name in names), items])
        return {f"val/{name}": total / items for name, total in zip(names, totals, strict=True)}

    def close(self, status: Status) -> None:
        """Let go of workers, bar, files and trackers."""
        self.batches = iter(())
        if self.progress is not None:
            self.progress.close(self.state.step)
        self.record.close(status)

    # What follows serves `fit`, in the order in which it is called.

    def _load_newest(self, resume: str) -> Checkpoint | None:
        """Restore the newest good checkpoint, the same one on every process."""

        def find() -> Checkpoint | None:
            self.store.clean()
            return find_checkpoint(self.store, resume)

        found = self.world.on_main(find)
        if found is not None:
            refuse_changes(found, self.parts, told_to=self.config.resume_with_changes)
            self.state = restore(found, self.parts)
            if self.world.is_main:
                self.store.forget_after(found)
        return found

    def _set_rate(self) -> float:
        factor = self.parts.schedule.factor(self.state.step) * self.state.lr_scale
        return set_learning_rate(self.parts.optimizer, factor)

    def _advance(self, samples: int) -> None:
        self.state.step += 1
        self.state.position += samples
        if self.state.position >= self.parts.plan.samples:
            self.state.epoch, self.state.position = self.state.epoch + 1, 0

    def _judge(self, result: StepResult) -> Verdict:
        finite = is_finite(result.loss_sum, result.grad_norm)
        if finite:
            self.state.loss_sum += result.loss_sum
            self.state.loss_items += result.items
        else:
            self.record.event("not_finite", step=self.state.step, loss=str(result.loss_sum))
            logger.warning("step %d: loss or gradient not finite, skipped", self.state.step)
        excused = is_finite(result.loss_sum) and self.parts.precision.searching_scale
        return self.guard.judge(self.state, finite=finite, excused=excused)

    def _roll_back(self, window: list[Batch]) -> None:
        """Go back to the newest good checkpoint, with a lower rate."""
        rows, rollbacks = self._rows(window), self.state.rollbacks + 1
        scale = self.state.lr_scale * self.training.divergence.lr_factor
        at = self.state.step
        self.batches = iter(())
        if self._load_newest("must") is None:
            raise AssertionError("resume=must returned no checkpoint")
        self.state.rollbacks, self.state.lr_scale, self.state.bad_steps = rollbacks, scale, 0
        if self.world.is_main:
            self.record.metrics.truncate(self.state.metrics_bytes)
        self.record.event("roll_back", step=at, to=self.state.step, lr_scale=scale, rows=rows)
        logger.warning(
            "%d steps in a row were not finite: back from step %d to %d, rate times %g",
            self.training.divergence.max_bad_steps,
            at,
            self.state.step,
            scale,
        )
        self.save(is_best=self.state.best_step == self.state.step)
        self.batches = self.parts.training_batches(self.state.epoch, self.state.position)

    def _give_up(self, window: list[Batch], result: StepResult) -> None:
        state, rows = self.state, self._rows(window)
        path = self.run_dir / f"divergence-step-{state.step:08d}.json"
        if self.world.is_main:
            facts = {"step": state.step, "epoch": state.epoch, "lr_scale": state.lr_scale}
            facts |= {"loss_sum": result.loss_sum, "grad_norm": result.grad_norm}
            dump_divergence(path, facts, rows, self.parts.model)
        raise UserError(
            f"training diverged at step {state.step} in spite of {state.rollbacks} rollbacks; "
            f"{path} names the samples and parameters; try a lower optimizer.lr or clip_norm"
        )

    def _rows(self, window: list[Batch]) -> list[int]:
        own = [row for batch in window for row in batch["index"].tolist()]
        return sorted({row for rows in self.world.gather(own) for row in rows})

    def _log_step(self, result: StepResult, rate: float) -> None:
        values = {"train/lr": rate, "train/grad_norm": result.grad_norm}
        if self.state.loss_items:
            values["train/loss"] = self.state.loss_sum / self.state.loss_items
        self.state.loss_sum, self.state.loss_items = 0.0, 0
        self.record.log(self.state.step, self.state.epoch, values)

    def _due(self, every: int | None) -> bool:
        """Whether something is due after this step; None stands for the end of each epoch."""
        return self.state.position == 0 if every is None else self.state.step % every == 0

    def _evaluate_and_judge(self) -> None:
        """Evaluate, tell the schedule, and remember whether this was the best so far."""
        state, rule = self.state, self.training.checkpoint
        values = self.evaluate()
        self.record.log(state.step, state.epoch, values)
        if rule.monitor not in values:
            raise UserError(
                f"training.checkpoint.monitor={rule.monitor} is not among {', '.join(values)}"
            )
        value = values[rule.monitor]
        score = value if rule.mode == "min" else -value
        # What is no number is worse than any, and must never become the best.
        state.score = score if is_finite(score) else None
        self.parts.schedule.evaluated(score)
        state.evaluated_step = state.step
        least = self.training.early_stopping.min_delta
        if state.score is not None and (state.best is None or state.score < state.best - least):
            state.best, state.best_step, state.evaluations_since_best = state.score, state.step, 0
        else:
            state.evaluations_since_best += 1
        shown = "  ".join(f"{name} {value:.4f}" for name, value in values.items())
        logger.info("step %d  epoch %d  %s", state.step, state.epoch, shown)

    def save(self, *, is_best: bool = False) -> None:
        """Save; the main process writes, and a failure there is a failure everywhere."""
        self.world.share_buffers(self.parts.model)
        self.state.metrics_bytes = self.record.metrics_bytes()
        # Each process adds the state of its generators.
        content = checkpoint_content(self.parts, self.state, self.git)
        model, optimizer = self.parts.model, self.parts.optimizer
        ema = None if self.parts.ema is None else self.parts.ema.model

        def write() -> None:
            self.store.save(content, model, optimizer, ema, is_best=is_best)

        self.world.on_main(write)
