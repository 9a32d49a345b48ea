"""The training loop.

    python -m <package> train                                  # one process, whatever device is there
    python -m <package> train run_dir=outputs/a resume=auto    # go on after any interruption
    torchrun --nproc-per-node 2 -m <package> train             # data-parallel

One optimizer step consumes one *window*: `training.accumulate` batches of `training.batch_size`
samples over all processes. Its loss is the mean over the window's items, so that the number of
batches, of processes, and of parts that a batch is cut into when memory runs out change the order
of some additions, and nothing else.
"""

import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from ..config import Config
from ..data.dataset import Batch
from ..data.sampler import share
from ..errors import UserError
from ..runs import choose_run_dir
from ..tracking import build_trackers
from ..tracking.base import RunInfo, Status
from ..utils.logging import configure_logging
from ..utils.reproducibility import draw_seed
from .checkpoint import Checkpoint, CheckpointStore
from .distributed import World, join_world
from .guards import DivergenceGuard, Verdict, dump_divergence, is_finite
from .optimizer import set_learning_rate
from .parts import Parts, build_parts
from .progress import TrainingProgress
from .provenance import describe_run, write_provenance
from .record import Record
from .resume import SplitsNote, checkpoint_content, find_checkpoint, refuse_changes, restore
from .signals import StopRequest, requeue_if_slurm, stop_on_signals
from .state import TrainState

logger = logging.getLogger(__name__)

# Data-parallel backward passes exchange gradients while they compute, which a process that runs out
# of memory can't leave. Memory use settles within two steps (the optimizer makes its state in the
# first), so until then gradients are exchanged after all have said that theirs fitted.
_STEPS_TO_PROVE = 2


def main(config: Config) -> int:
    """Train; return 0 when the run is complete, 128 + the signal's number when asked to stop."""
    with (
        join_world(config.training.accelerator, config.training.strategy) as world,
        stop_on_signals() as stop,
    ):
        run_dir = Path(world.from_main(str(choose_run_dir(config))))
        run_dir.mkdir(parents=True, exist_ok=True)
        configure_logging(run_dir, world.rank)
        if config.seed is None:
            config.seed = world.from_main(draw_seed())
            logger.warning("no seed was set: drew seed=%d, pass it to repeat this run", config.seed)
        loop = Loop(build_parts(config, world), run_dir, stop)
        loop.start()
        status: Status = "failed"
        try:
            status = loop.fit()
        finally:
            loop.close(status)
        if status == "interrupted" and world.is_main:
            requeue_if_slurm()
        return stop.exit_status if status == "interrupted" else 0


@dataclass(frozen=True)
class StepResult:
    """What one optimizer step did.

    Attributes:
        loss_sum: Loss summed over the window's items, over all processes.
        items: Those items.
        grad_norm: Norm of the averaged gradient before clipping.
        stop: Whether any process was asked to stop.
    """

    loss_sum: float
    items: int
    grad_norm: float
    stop: bool


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
        self.guard = DivergenceGuard(self.training.divergence)
        self.batches: Iterator[Batch] = iter(())

    def start(self) -> None:
        """Resume where there is something to resume, and save the start where there is not."""
        resumed = self._load_newest(self.config.resume)
        if resumed is not None and not self.config.resume_with_changes:
            logger.info("resuming %s after step %d", self.run_dir, self.state.step)
        splits = self.world.from_main(SplitsNote(self.run_dir).take())
        if splits is not None and splits > self.state.splits:
            self.state.splits, self.state.proven_steps = splits, 0
        self.progress = TrainingProgress(
            self.parts.total_steps, self.state.step, enabled=self.world.is_main
        )
        provenance = describe_run(self.parts) if self.world.is_main else {}
        if self.world.is_main:
            write_provenance(self.parts, self.run_dir, provenance)
        info = RunInfo(
            run_dir=self.run_dir,
            name=self.run_dir.name,
            config=provenance.get("config", {}),
            provenance=provenance,
            start_step=self.state.step,
        )
        self.record.start(info, self.state.metrics_bytes)
        self.record.event("resume" if resumed else "start", step=self.state.step)
        if resumed is None:
            # A full disk or a missing permission shows now, not after hours of training.
            self._save()

    def fit(self) -> Status:
        """Train until the last step, an early stop or a signal; return how it ended."""
        state, plan = self.state, self.parts.plan
        if state.finished:
            logger.info("%s is complete after step %d; nothing to do", self.run_dir, state.step)
            return "completed"
        log_every = self.training.log_every_steps
        started, waited_s, samples = time.perf_counter(), 0.0, 0
        self.batches = self.parts.training_batches(state.epoch, state.position)
        while not state.finished:
            sizes = plan.window(state.position)
            fetch = time.perf_counter()
            window = [next(self.batches) for _ in sizes]
            waited_s += time.perf_counter() - fetch

            rate = self._set_rate()
            result = self.train_step(window, sizes)
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
            self.progress.update(state.step, state.epoch, result.loss_sum / max(result.items, 1))

            state.score = None
            if last or self._due(self.training.evaluate_every_steps):
                self._evaluate_and_judge()
            patience = self.training.early_stopping.patience
            early = patience is not None and state.evaluations_since_best >= patience
            state.finished = last or early
            improved = state.score is not None and state.best_step == state.step
            due = self._due(self.training.checkpoint.every_steps) and state.bad_steps == 0
            if due or improved or state.finished or result.stop:
                self._save(is_best=improved)
            if early and not last:
                logger.info("early stop: no better %s", self.training.checkpoint.monitor)
            if result.stop and not state.finished:
                self.record.event("stop", step=state.step, signal=str(self.stop.signal))
                logger.warning("asked to stop: saved step %d, run again to go on", state.step)
                return "interrupted"
        return "completed"

    def train_step(self, window: list[Batch], sizes: list[int]) -> StepResult:
        """Take one optimizer step on a window, in as many parts as memory demands.

        Args:
            window: This process's batches.
            sizes: Samples of each over all processes.
        """
        parts, world, scaler = self.parts, self.world, self.parts.precision.scaler
        # A process without a sample in a small last batch has a copy of another's, with no weight.
        weights = [float(self._has_own(size)) for size in sizes]
        counted = zip(weights, window, strict=True)
        own_items = sum(weight * parts.task.count_items(batch) for weight, batch in counted)
        items = max(1.0, world.sum([own_items])[0])
        while True:
            cautious = world.size == 1 or self.state.proven_steps < _STEPS_TO_PROVE
            loss = self._forward_backward(window, weights, items, exchange=not cautious)
            if not cautious or not world.any(loss is None):
                break
            self._split_batches(window)
        assert loss is not None
        if cautious and world.size > 1:
            world.average_gradients(parts.model)
        self.state.proven_steps += 1

        scaler.unscale_(parts.optimizer)
        norm = torch.nn.utils.get_total_norm(
            [p.grad for p in parts.model.parameters() if p.grad is not None]
        )
        # The only wait for the device in a step: two numbers.
        loss_sum, grad_norm = torch.stack((loss.double(), norm.double())).tolist()
        loss_sum, stop = world.sum([loss_sum, float(bool(self.stop))])
        if is_finite(loss_sum, grad_norm):
            if self.training.clip_norm is not None:
                torch.nn.utils.clip_grads_with_norm_(
                    parts.model.parameters(), self.training.clip_norm, norm
                )
            scaler.step(parts.optimizer)
            if parts.ema is not None:
                parts.ema.update(parts.model, self.state.step)
        scaler.update()
        return StepResult(loss_sum, int(items), grad_norm, stop > 0)

    def _forward_backward(
        self, window: list[Batch], weights: list[float], items: float, *, exchange: bool
    ) -> Tensor | None:
        """Add the window's gradient, part by part; return its summed loss, None if out of memory."""
        parts, world = self.parts, self.world
        parts.replica.train()
        parts.optimizer.zero_grad(set_to_none=True)
        pieces = [
            (weight, piece)
            for weight, batch in zip(weights, window, strict=True)
            for piece in _split(batch, self.state.splits)
        ]
        total = torch.zeros((), device=world.device)
        try:
            for number, (weight, batch) in enumerate(pieces, start=1):
                batch = _to_device(batch, world.device)
                with parts.replica.exchange(exchange and number == len(pieces)):
                    with parts.precision.autocast():
                        loss = parts.task.training_step(parts.replica, batch) * weight
                    # Averaging over processes divides by their number; the mean is over items.
                    parts.precision.scaler.scale(loss * (world.size / items)).backward()
                total += loss.detach()
        except torch.OutOfMemoryError as error:
            if exchange and world.size > 1:
                SplitsNote(self.run_dir).leave(self.state.splits * 2)
                raise UserError(
                    f"out of memory at step {self.state.step} while gradients were exchanged; "
                    "start again to go on from the last checkpoint with smaller parts"
                ) from error
            return None
        return total

    def evaluate(self) -> dict[str, float]:
        """Score the validation split; every process takes a share."""
        model, world = self.parts.evaluated_model, self.world
        world.share_buffers(model)
        model.eval()
        sums: dict[str, float] = {}
        items = 0.0
        with torch.inference_mode(), self.parts.precision.autocast():
            for batch in self.parts.validation_batches():
                batch = _to_device(batch, world.device)
                items += self.parts.task.count_items(batch)
                for name, value in self.parts.task.evaluation_step(model, batch).items():
                    sums[name] = sums.get(name, 0.0) + float(value)
        names = sorted(sums) if world.size == 1 else world.from_main(sorted(sums))
        *totals, items = world.sum([*(sums.get(name, 0.0) for name in names), items])
        return {f"val/{name}": total / items for name, total in zip(names, totals, strict=True)}

    def close(self, status: Status) -> None:
        """Let go of workers, bar, files and trackers."""
        self.batches = iter(())
        self.progress.close(self.state.step)
        self.record.close(status)

    # What follows serves `fit`, in the order in which it is called.

    def _load_newest(self, resume: str) -> Checkpoint | None:
        """Restore the newest good checkpoint, the same one on every process."""
        found, problem = None, None
        if self.world.is_main:
            try:
                self.store.clean()
                found = find_checkpoint(self.store, resume)
            except UserError as error:
                problem = str(error)
        found, problem = self.world.from_main((found, problem))
        if problem is not None:
            raise UserError(problem)
        if found is not None:
            refuse_changes(found, self.parts, told_to=self.config.resume_with_changes)
            self.state = restore(found, self.parts)
            if self.world.is_main:
                self.store.forget_after(found)
        return found

    def _has_own(self, size: int) -> bool:
        part = share(size, self.world.rank, self.world.size)
        return part.stop > part.start

    def _set_rate(self) -> float:
        factor = self.parts.schedule.factor(self.state.step) * self.state.lr_scale
        return set_learning_rate(self.parts.optimizer, factor)

    def _split_batches(self, window: list[Batch]) -> None:
        """Cut batches in two, and say so; give up when there is nothing left to cut."""
        if self.state.splits >= max(len(batch["index"]) for batch in window):
            raise UserError(
                "out of memory with a single sample; use a smaller model or input, or "
                "training.activation_checkpointing=true"
            )
        self.state.splits, self.state.proven_steps = self.state.splits * 2, 0
        self.parts.optimizer.zero_grad(set_to_none=True)
        if self.world.device.type == "cuda":
            torch.cuda.empty_cache()
        self.record.event("out_of_memory", step=self.state.step, splits=self.state.splits)
        logger.warning(
            "out of memory: cutting each batch into %d parts, same samples", self.state.splits
        )

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
        self._save(is_best=self.state.best_step == self.state.step)
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
        state.score = value if rule.mode == "min" else -value
        self.parts.schedule.evaluated(state.score)
        state.evaluated_step = state.step
        least = self.training.early_stopping.min_delta
        if state.best is None or state.score < state.best - least:
            state.best, state.best_step, state.evaluations_since_best = state.score, state.step, 0
        else:
            state.evaluations_since_best += 1
        shown = "  ".join(f"{name} {value:.4f}" for name, value in values.items())
        logger.info("step %d  epoch %d  %s", state.step, state.epoch, shown)

    def _save(self, *, is_best: bool = False) -> None:
        """Save; the main process writes, and a failure there is a failure everywhere."""
        self.world.share_buffers(self.parts.model)
        self.state.metrics_bytes = self.record.metrics_bytes()
        content = checkpoint_content(self.parts, self.state)
        problem = None
        if self.world.is_main:
            ema = None if self.parts.ema is None else self.parts.ema.model
            try:
                self.store.save(
                    content, self.parts.model, self.parts.optimizer, ema, is_best=is_best
                )
            except UserError as error:
                problem = str(error)
        problem = self.world.from_main(problem)
        if problem is not None:
            raise UserError(problem)


def _split(batch: Batch, parts: int) -> Iterator[Batch]:
    """Cut a batch into at most `parts` parts of nearly equal size."""
    size = len(batch["index"])
    for part in range(min(parts, size)):
        piece = share(size, part, min(parts, size))
        yield batch if parts == 1 else {name: tensor[piece] for name, tensor in batch.items()}


def _to_device(batch: Batch, device: torch.device) -> Batch:
    if device.type == "cpu":
        return batch
    return {name: tensor.to(device, non_blocking=True) for name, tensor in batch.items()}
