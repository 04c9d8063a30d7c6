"""Make `training_reference.json`: what PyTorch 2.13.0 says of optimisers, schedules and losses.

Run in an environment of its own with `torch`; the tests need only the file.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch

STEPS, EPOCHS, PER_EPOCH = 6, 8, 5
DECAY, CLIP = 0.1, 1.5


def optimizers(random: np.random.Generator) -> dict[str, Any]:
    """Weights after some steps along given gradients, each optimiser from the same start."""
    start = {"kernel": random.normal(size=(3, 2)), "bias": random.normal(size=2)}
    gradients = [{k: random.normal(size=v.shape) for k, v in start.items()} for _ in range(STEPS)]
    made = {
        "sgd": lambda p: torch.optim.SGD(p, 0.05, momentum=0.9, weight_decay=DECAY),
        "nesterov": lambda p: torch.optim.SGD(
            p, 0.05, momentum=0.9, weight_decay=DECAY, nesterov=True
        ),
        "adam": lambda p: torch.optim.Adam(p, 0.05, eps=1e-7, weight_decay=DECAY),
        "adamw": lambda p: torch.optim.AdamW(p, 0.05, eps=1e-7, weight_decay=DECAY),
        "adamax": lambda p: torch.optim.Adamax(p, 0.05, eps=1e-7, weight_decay=DECAY),
        "rmsprop": lambda p: torch.optim.RMSprop(p, 0.05, alpha=0.9, eps=1e-7, weight_decay=DECAY),
        "adagrad": lambda p: torch.optim.Adagrad(
            p, 0.05, initial_accumulator_value=0.1, eps=1e-7, weight_decay=DECAY
        ),
    }

    def run(make: Any, clip: float | None) -> dict[str, Any]:
        weights = {k: torch.nn.Parameter(torch.tensor(v)) for k, v in start.items()}
        optimizer = make(weights.values())
        for gradient in gradients:
            for name, weight in weights.items():
                weight.grad = torch.tensor(gradient[name])
            if clip:
                torch.nn.utils.clip_grad_norm_(weights.values(), clip)
            optimizer.step()
        return {k: v.detach().numpy().tolist() for k, v in weights.items()}

    return {
        "start": {k: v.tolist() for k, v in start.items()},
        "gradients": [{k: v.tolist() for k, v in g.items()} for g in gradients],
        "decay": DECAY,
        "clip": CLIP,
        "after": {name: run(make, None) for name, make in made.items()},
        "after_clipped": {"sgd": run(made["sgd"], CLIP)},
    }


def schedules() -> dict[str, Any]:
    """Learning rate of every step, from 0.1."""
    steps = EPOCHS * PER_EPOCH
    lr = torch.optim.lr_scheduler
    per_epoch = {
        "step": lambda o: lr.StepLR(o, step_size=3, gamma=0.5),
        "exponential": lambda o: lr.ExponentialLR(o, gamma=0.95),
        "inverse": lambda o: lr.LambdaLR(o, lambda epoch: 1 / (1 + 0.3 * epoch)),
    }
    per_step = {
        "one_cycle": lambda o: lr.OneCycleLR(o, max_lr=0.1, total_steps=steps),
        "cyclic": lambda o: lr.CyclicLR(
            o, base_lr=0.01, max_lr=0.1, step_size_up=2 * PER_EPOCH, cycle_momentum=False
        ),
        "cosine": lambda o: lr.CosineAnnealingLR(o, T_max=steps, eta_min=0.001),
    }

    def run(make: Any, every: int) -> list[float]:
        optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], 0.1, momentum=0.9)
        schedule, rates = make(optimizer), []
        for step in range(steps):
            rates.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            if (step + 1) % every == 0 and step + 1 < steps:
                schedule.step()
        return rates

    return {
        "epochs": EPOCHS,
        "steps_per_epoch": PER_EPOCH,
        "rates": {
            **{name: run(make, PER_EPOCH) for name, make in per_epoch.items()},
            **{name: run(make, 1) for name, make in per_step.items()},
        },
    }


def losses(random: np.random.Generator) -> dict[str, Any]:
    """Mean loss of a few images."""
    logits, labels = 2 * random.normal(size=(7, 4)), random.integers(0, 4, 7)
    x, y = torch.tensor(logits), torch.tensor(labels)
    return {
        "logits": logits.tolist(),
        "labels": labels.tolist(),
        "multi_margin": torch.nn.MultiMarginLoss()(x, y).item(),
        "multi_margin_squared": torch.nn.MultiMarginLoss(p=2, margin=0.5)(x, y).item(),
        "cross_entropy": torch.nn.CrossEntropyLoss()(x, y).item(),
        "cross_entropy_smoothed": torch.nn.CrossEntropyLoss(label_smoothing=0.2)(x, y).item(),
    }


def main() -> None:
    random = np.random.default_rng(2027)
    reference = {
        "optimizers": optimizers(random),
        "schedules": schedules(),
        "losses": losses(random),
    }
    text = json.dumps(reference, indent=1)
    Path(__file__).with_name("training_reference.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
