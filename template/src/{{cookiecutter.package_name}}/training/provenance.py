"""Where a run comes from: config, commit, data and machine, written beside its results."""

import json
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

from ..config import to_dict
from ..utils.files import write_text
from ..utils.system import git_state, system_report
from .parts import Parts


def describe_run(parts: Parts) -> dict[str, Any]:
    """Return the resolved config, git state, data fingerprint and system report."""
    return {
        "config": to_dict(parts.config),
        "git": git_state(Path(__file__).parent),
        "data_fingerprint": parts.data.spec.fingerprint,
        "system": system_report(),
        "resolved": {
            "device": str(parts.world.device),
            "processes": parts.world.size,
            "precision": parts.precision.name,
            "total_steps": parts.total_steps,
            "parameters": sum(p.numel() for p in parts.model.parameters()),
        },
    }


def write_provenance(parts: Parts, run_dir: Path, provenance: dict[str, Any]) -> None:
    """Write `config.yaml` and `provenance.json` into the run's folder, each in one step."""
    config = OmegaConf.to_yaml(OmegaConf.create(to_dict(parts.config)))
    rest = {key: value for key, value in provenance.items() if key != "config"}
    write_text(run_dir / "config.yaml", config)
    write_text(run_dir / "provenance.json", json.dumps(rest, indent=1, default=str))
