"""What this machine has for training: GPUs, CUDA, memory, Python, frameworks, and the alerts.

The command line mounts `detect_command` as `ml-template detect [--json]`; `ml-template new` shows
`alerts(detect_machine())`. Every external command gets 2 s, all of them run at the same time, and a
missing or broken tool is a fact in the report, never an exception.

    from ml_template.detect import alerts, detect_command, detect_machine
"""

from .alerts import alerts
from .command import detect_command
from .detection import detect_machine
from .machine import Machine

__all__ = ["Machine", "alerts", "detect_command", "detect_machine"]
