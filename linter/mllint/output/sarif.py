"""Findings as SARIF 2.1.0, which code scanning services read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

from .. import __version__
from ..documentation import is_fixable, markdown, paragraphs, plain, summary
from ..finding import Evidence, Finding
from ..rules import rule_of
from ..rules.base import Rule
from .fingerprints import fingerprints
from .listing import Listing

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
ROOT = "SRCROOT"
PRECISIONS = {"high": "very-high", "medium": "high", "low": "low"}


def render_sarif(listing: Listing) -> str:
    """Return the log of one run."""
    codes = sorted({finding.code for finding in listing.findings})
    rules = {code: rule_of(code) for code in codes}
    marks = fingerprints(listing)
    run = {
        "tool": {
            "driver": {
                "name": "mllint",
                "version": __version__,
                "semanticVersion": __version__,
                "rules": [describe(rule) for rule in rules.values()],
            }
        },
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {ROOT: {"uri": f"{listing.root.as_uri().rstrip('/')}/"}},
        "invocations": [{"executionSuccessful": True}],
        "results": [
            result(finding, codes.index(finding.code), mark, listing)
            for finding, mark in zip(listing.findings, marks, strict=True)
        ],
    }
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return f"{json.dumps(log, indent=2)}\n"


def describe(rule: Rule) -> dict[str, Any]:
    """Return what is said of a rule."""
    return {
        "id": rule.code,
        "name": "".join(part.capitalize() for part in rule.name.split("-")),
        "shortDescription": {"text": summary(rule)},
        "fullDescription": {"text": " ".join(paragraphs(rule))},
        "help": {"text": plain(rule), "markdown": markdown(rule)},
        "defaultConfiguration": {"enabled": rule.is_default, "level": rule.severity},
        "properties": {
            "tags": ["machine-learning", rule.name],
            "fixable": is_fixable(rule),
            "problem.severity": {"note": "recommendation"}.get(rule.severity, rule.severity),
        },
    }


def result(finding: Finding, index: int, mark: str, listing: Listing) -> dict[str, Any]:
    """Return one finding."""
    said: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": index,
        "level": finding.severity,
        "message": {"text": finding.message},
        "locations": [location(finding, listing)],
        "partialFingerprints": {"mllint/v1": mark},
        "properties": {
            "confidence": finding.confidence,
            "precision": PRECISIONS[finding.confidence],
        },
    }
    related = [related_location(note, listing) for note in finding.notes if note.path]
    if related:
        said["relatedLocations"] = [{"id": at, **each} for at, each in enumerate(related, start=1)]
    absent = [note.text for note in finding.notes if not note.path]
    if absent:
        said["message"]["text"] += "".join(f"\n{text}" for text in absent)
    fixes = fixes_of(finding, listing)
    if fixes:
        said["fixes"] = fixes
    return said


def artifact(path: Path, listing: Listing) -> dict[str, str]:
    """Return which file is meant: from the project's folder, if it is in it."""
    relative = listing.relative(path)
    if Path(relative).is_absolute():
        return {"uri": Path(relative).as_uri()}
    return {"uri": quote(relative), "uriBaseId": ROOT}


def location(finding: Finding, listing: Listing) -> dict[str, Any]:
    """Return where a finding is."""
    region = {
        "startLine": finding.line,
        "startColumn": finding.column,
        "endLine": finding.end_line,
        "endColumn": finding.end_column,
    }
    return physical(finding.path, finding.cell, region, listing)


def physical(path: Path, cell: int, region: dict[str, int], listing: Listing) -> dict[str, Any]:
    """Return a place; lines of a notebook are those of the cell that it names."""
    found: dict[str, Any] = {
        "physicalLocation": {"artifactLocation": artifact(path, listing), "region": region}
    }
    if cell:
        found["logicalLocations"] = [{"name": f"cell {cell}", "kind": "module"}]
    return found


def related_location(note: Evidence, listing: Listing) -> dict[str, Any]:
    """Return a piece of evidence."""
    where = physical(note.path or Path(), note.cell, {"startLine": max(note.line, 1)}, listing)
    return {**where, "message": {"text": note.text}}


def fixes_of(finding: Finding, listing: Listing) -> list[dict[str, Any]]:
    """Return what would mend a finding; nothing in a notebook, whose lines are not the file's."""
    fix = finding.report.fix if finding.report else None
    edits = listing.edits(finding) if fix is not None and not finding.cell else ()
    if fix is None or not edits:
        return []
    replacements = [
        {
            "deletedRegion": {
                "startLine": edit.line,
                "startColumn": edit.column,
                "endLine": edit.end_line,
                "endColumn": edit.end_column,
            },
            "insertedContent": {"text": edit.text},
        }
        for edit in edits
    ]
    change = {
        "artifactLocation": artifact(finding.path, listing),
        "replacements": replacements,
    }
    return [{"description": {"text": fix.title}, "artifactChanges": [change]}]
