"""The report as a person opens it: in a browser, without a network, on a desk and on a phone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipelines.quality.report import write_report
from tests.quality.test_report import CHURN, FAILED, GOOD, SPARED, UNKNOWN, WARNED, report


@pytest.mark.parametrize("width", [1200, 390])
def test_page_opens_alone_and_fits(browser: Any, tmp_path: Path, width: int) -> None:
    write_report(tmp_path, report(GOOD, FAILED, WARNED, UNKNOWN, CHURN, SPARED))
    asked: list[str] = []
    said: list[str] = []
    page = browser.new_page(viewport={"width": width, "height": 900})
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    address = (tmp_path / "rapport.html").as_uri()
    page.goto(address)
    assert asked == [address]
    assert said == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("h1, h2").first.is_visible()
    page.close()
