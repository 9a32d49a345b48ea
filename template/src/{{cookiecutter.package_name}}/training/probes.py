"""What can be wrong with a model before it is trained; each probe looks at one thing.

Sources: Karpathy 2019, "A Recipe for Training Neural Networks" (loss at initialisation, dependency
between samples); the rest is what the training loop relies on.
"""

import math
from collections.abc import Iterable

import numpy as np
import torch
from torch import Tensor

from ..data.dataset import Batch
from ..data.integrity import Check, Status
from .optimizer import set_learning_rate
from .parts import Parts
from .rehearsal import DryStep, Rehearsal, take_samples
from .step import split_batch, to_device

# Shares of ln(classes) by which the first loss may be off.
_CLOSE, _FAR = 0.15, 1.0
_GRADIENT_STEPS = 3
# fp16's loss scale starts at 2**16 and is halved until gradients are finite.
_SCALE_SEARCH_STEPS = 14
_MOST_NAMES = 4


def probe_forward(parts: Parts, batch: Batch) -> Check:
    """Run the model once: probabilities of the right shape, a finite loss, no exception."""
    name, classes = "forward pass", len(parts.data.spec.class_names)
    model = parts.model
    try:
        with torch.no_grad():
            model.eval()
            scores = parts.task.predict(model, batch)
            expected = (len(batch["index"]), classes)
            if tuple(scores.shape) != expected:
                return Check(
                    name,
                    "error",
                    f"predictions have shape {tuple(scores.shape)}, {expected} expected: "
                    f"{classes} classes for each sample",
                )
            again = parts.task.predict(model, batch)
            model.train()
            with parts.precision.autocast():
                loss = parts.task.training_step(model, batch)
    except torch.OutOfMemoryError:
        raise
    except Exception as error:
        first_line = (str(error).splitlines() or [""])[0]
        return Check(name, "error", f"{type(error).__name__}: {first_line}")
    if loss.ndim != 0 or not bool(torch.isfinite(loss)):
        what = f"{loss.item()}" if loss.ndim == 0 else f"a tensor of shape {tuple(loss.shape)}"
        return Check(name, "error", f"the loss is {what}: a finite number expected")
    if not bool(torch.isfinite(scores).all()):
        return Check(name, "error", "predictions are not finite")
    if not torch.equal(scores, again):
        return Check(
            name, "error", "two predictions in evaluation mode differ: is dropout always on?"
        )
    return Check(name, "ok", f"{_shape(batch['inputs'])} to {_shape(scores)}, finite")


def probe_initial_loss(parts: Parts, batch: Batch) -> Check:
    """Compare the first loss with that of guessing: ln(classes), or the entropy of the classes."""
    parts.model.train()
    with torch.no_grad(), parts.precision.autocast():
        total = float(parts.task.training_step(parts.model, batch))
    loss = total / max(1, parts.task.count_items(batch))
    uniform = math.log(len(parts.data.spec.class_names))
    counts = np.bincount(parts.data.train.targets)
    share = counts[counts > 0] / counts.sum()
    prior = float(-(share * np.log(share)).sum())
    status: Status = "ok"
    if not (1 - _CLOSE) * prior <= loss <= (1 + _CLOSE) * uniform:
        # Half of guessing is no guess any more; twice as much is a confident wrong answer.
        wild = not prior / (1 + _FAR) <= loss <= (1 + _FAR) * uniform
        status = "error" if wild else "warning"
    hint = "" if status == "ok" else ": check initialisation, normalisation, and the loss"
    text = f"{loss:.3f}; guessing gives ln({len(parts.data.spec.class_names)}) = {uniform:.3f}"
    known = f", with known class shares {prior:.3f}" if prior < 0.99 * uniform else ""
    return Check("loss at initialisation", status, text + known + hint)


def probe_loss_is_sum(parts: Parts, batch: Batch) -> Check:
    """Compare a batch's loss with its halves': the loop divides by the items, it must be a sum."""
    name = "loss is a sum"
    if len(batch["index"]) < 2:
        return Check(name, "warning", "needs two samples: raise training.batch_size")
    parts.model.eval()
    with torch.no_grad():
        whole = float(parts.task.training_step(parts.model, batch))
        halves = [
            float(parts.task.training_step(parts.model, half)) for half in split_batch(batch, 2)
        ]
    if math.isclose(whole, sum(halves), rel_tol=1e-3, abs_tol=1e-6):
        return Check(name, "ok", "two halves add up to the whole batch")
    return Check(
        name,
        "error",
        f"halves give {halves[0]:.4g} + {halves[1]:.4g}, the whole batch {whole:.4g}: "
        "training_step must sum over items, not average",
    )


def probe_gradients(parts: Parts, samples: int) -> Check:
    """Take the first steps; each trainable parameter must get a finite gradient that is not zero.

    Several steps, because what lies behind a layer that starts at zero learns from the second on.

    Args:
        parts: A fresh model, which is trained here.
        samples: Size of each batch.
    """
    step = DryStep(parts)
    names = [name for name, p in parts.model.named_parameters() if p.requires_grad]
    frozen = [name for name, p in parts.model.named_parameters() if not p.requires_grad]
    reached, moved = set[str](), set[str]()
    broken: list[str] = []
    scaled = parts.precision.scaler.is_enabled()
    for number in range(_SCALE_SEARCH_STEPS if scaled else _GRADIENT_STEPS):
        set_learning_rate(parts.optimizer, parts.schedule.factor(number))
        step.take_one(take_samples(parts, samples, first=number * samples))
        broken = []
        for name, parameter in parts.model.named_parameters():
            if parameter.grad is None or not parameter.requires_grad:
                continue
            reached.add(name)
            if not bool(torch.isfinite(parameter.grad).all()):
                broken.append(name)
            elif bool(parameter.grad.any()):
                moved.add(name)
    problems = [
        f"{what}: {_listed(which)}"
        for what, which in (
            ("not finite", broken),
            ("unused by the loss", [n for n in names if n not in reached]),
            ("always zero", [n for n in names if n in reached - moved and n not in broken]),
        )
        if which
    ]
    if problems:
        return Check("gradient flow", "error", "; ".join(problems))
    if frozen:
        return Check("gradient flow", "warning", f"frozen (on purpose?): {_listed(frozen)}")
    return Check("gradient flow", "ok", f"all {len(names)} parameters learn")


def probe_independence(parts: Parts, batch: Batch) -> Check:
    """Differentiate one sample's loss by all inputs: others must not matter, its own must."""
    name = "samples independent"
    count = len(batch["index"])
    if count < 2 or not batch["inputs"].is_floating_point():
        return Check(name, "warning", "can't be tested: needs two samples of real numbers")
    chosen = count // 2
    mixing: dict[bool, int] = {}
    for training in (False, True):
        parts.model.train(training)
        inputs = batch["inputs"].detach().clone().requires_grad_()
        with torch.enable_grad():
            scores = parts.task.predict(parts.model, {**batch, "inputs": inputs})
            if not scores.requires_grad:
                return Check(name, "warning", "can't be tested: predict() gives no gradient")
            loss = -scores[chosen, batch["targets"][chosen]].log()
            (gradient,) = torch.autograd.grad(loss, inputs, allow_unused=True)
        if gradient is None or not bool(gradient[chosen].any()):
            return Check(name, "error", "no gradient from a prediction to its own input")
        others = gradient.flatten(1).ne(0).any(dim=1)
        others[chosen] = False
        mixing[training] = int(others.sum())
    if mixing[False]:
        return Check(
            name,
            "error",
            f"one sample's loss depends on {mixing[False]} others of its batch: look for a view, "
            "transpose or reduction over the batch dimension",
        )
    if mixing[True]:
        return Check(
            name,
            "warning",
            "samples share statistics in training (batch normalisation): accumulation and several "
            "processes then differ from one big batch",
        )
    return Check(name, "ok", f"no gradient between {count} samples")


def probe_repeatability(rehearsal: Rehearsal, samples: int) -> Check:
    """Take the first step twice from the same seed; the weights must agree to the last bit."""
    results: list[dict[str, Tensor]] = []
    for _ in range(2):
        parts = rehearsal.new_parts()
        DryStep(parts).take_one(take_samples(parts, samples))
        results.append({k: v.detach().cpu().clone() for k, v in parts.model.state_dict().items()})
    differing = [k for k, v in results[0].items() if not _same_bits(v, results[1][k])]
    if not differing:
        return Check("one step twice", "ok", f"seed {rehearsal.config.seed} gives the same bits")
    strict = rehearsal.config.training.deterministic or rehearsal.world.device.type == "cpu"
    return Check(
        "one step twice",
        "error" if strict else "warning",
        f"same seed, other weights: {_listed(differing)}; "
        + (
            "something draws from a generator without a seed"
            if strict
            else "fast GPU kernels may do that: set training.deterministic=true to compare runs"
        ),
    )


def probe_batch(parts: Parts, samples: int) -> Batch:
    """Return the batch that the probes look at, on the run's device."""
    return to_device(take_samples(parts, samples), parts.world.device)


def _same_bits(one: Tensor, other: Tensor) -> bool:
    # A NaN is not equal to itself, but two runs that reach it alike are alike.
    return torch.equal(torch.nan_to_num(one), torch.nan_to_num(other))


def _listed(names: Iterable[str]) -> str:
    all_names = list(names)
    more = f" and {len(all_names) - _MOST_NAMES} more" if len(all_names) > _MOST_NAMES else ""
    return ", ".join(all_names[:_MOST_NAMES]) + more


def _shape(tensor: Tensor) -> str:
    return "x".join(map(str, tensor.shape))
