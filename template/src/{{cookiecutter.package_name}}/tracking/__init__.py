"""Experiment trackers behind one protocol; none of them can stop a training run."""

from .base import RunInfo, Status, Tracker, TrackerGroup, build_trackers

__all__ = ["RunInfo", "Status", "Tracker", "TrackerGroup", "build_trackers"]
