"""What a ruler and axe find on a page."""

from playwright.sync_api import Page

from tests.journeys.guide import Report
from tests.journeys.hands import serious_faults, side_scroll


def look(report: Report, page: Page) -> None:
    """No serious fault for axe, no side scrolling. Findings are kept and fail the journey at its end."""
    report.looks += [f for f in (*serious_faults(page), *side_scroll(page)) if f not in report.looks]
