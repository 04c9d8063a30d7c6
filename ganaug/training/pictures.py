"""Pictures of a trained generator: its past, the ways between samples, reals and their nearest."""

from pathlib import Path

import keras
import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from PIL import Image

from ganaug.errors import InputError
from ganaug.grids import image_grid, save_picture
from ganaug.latent.interpolation import slerp
from ganaug.latent.sampling import draw_latents, generate
from ganaug.training.record import Record
from groundwork.files import replacing


def draw_all(folder: Path, generators: dict[Path, keras.Model], record: Record) -> None:
    """Draw what a finished training has to show.

    Parameters
    ----------
    folder
        With ``grids/``; gets ``timelapse.gif`` if there are at least two, and ``quality.png`` if
        a judge measured as it went.
    generators
        Each by the folder that gets its ``interpolation.png``.
    record
        The measurements.
    """
    if len(list((folder / "grids").glob("step-*.png"))) > 1:
        timelapse(folder, folder / "timelapse.gif")
    for target, generator in generators.items():
        save_picture(interpolation(generator), target / "interpolation.png")
    if record.scores:
        quality_curve(record, folder / "quality.png")


def quality_curve(record: Record, target: Path) -> Path:
    """Draw the judge's measurements over the steps, and mark the generator that was kept."""
    steps, scores = zip(*record.scores, strict=True)
    figure = Figure(figsize=(4.2, 2.6), layout="constrained")
    axes = figure.add_subplot()
    axes.plot(steps, scores, ".-", color="#2468b4")
    kept = dict(record.scores).get(record.kept_step)
    if kept is not None:
        axes.plot(record.kept_step, kept, "o", ms=9, mfc="none", mew=2, color="#b8540a")
        axes.annotate(
            f"kept: step {record.kept_step:,}",
            (record.kept_step, kept),
            (0, 10),
            textcoords="offset points",
            ha="center",
        )
    for restart in record.restarts:
        axes.axvline(restart.step, ls=":", color="#b52a45")
    axes.set(xlabel="generator steps", ylabel="KID to the training images")
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.margins(y=0.2)
    axes.spines[["top", "right"]].set_visible(False)
    with replacing(target) as part:
        figure.savefig(part, dpi=150)
    return target


def timelapse(class_folder: Path, target: Path, *, seconds_a_frame: float = 0.4) -> Path:
    """Join the sample grids of a training into an animated GIF.

    Parameters
    ----------
    class_folder
        What :func:`ganaug.train` filled.
    target
        The ``.gif`` file.
    seconds_a_frame
        The last frame stays four times as long.
    """
    # By number: from step 100,000 on the names are longer.
    grids = (class_folder / "grids").glob("step-*.png")
    paths = sorted(grids, key=lambda path: int(path.stem.removeprefix("step-")))
    if not paths:
        raise InputError(f"{class_folder} has no grids/step-*.png; train with grid_every above 0")
    opened = [Image.open(path, formats=["PNG"]) for path in paths]  # EPS would start a program
    frames = [one.convert("P", palette=Image.Palette.ADAPTIVE) for one in opened]
    durations = [round(1000 * seconds_a_frame)] * len(frames)
    durations[-1] *= 4
    with replacing(target) as part:
        frames[0].save(part, save_all=True, append_images=frames[1:], duration=durations, loop=0)
    return target


def interpolation(
    generator: keras.Model, *, rows: int = 4, columns: int = 9, seed: int = 0
) -> Image.Image:
    """Draw strips that lead from one random sample to another, step by step."""
    ends = draw_latents(2 * rows, generator.input_shape[1], [seed])
    return image_grid(_between(generator, ends[:rows], ends[rows:], columns), columns)


def _between(
    generator: keras.Model, starts: np.ndarray, ends: np.ndarray, count: int
) -> np.ndarray:
    """Return `count` images on the way from each start to its end, one after the other."""
    fractions = np.linspace(0, 1, count, dtype=np.float32)
    steps = slerp(starts[:, None], ends[:, None], fractions)
    return generate(generator, steps.reshape(-1, starts.shape[1]))
