"""The report in a real browser: skipped where no Chromium and its driver are installed."""

import base64
import csv
import io
import json
import re
import shutil
import time
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

import fer_cluster
from fer_cluster.faces import Faces
from fer_cluster.report.writing import write_report

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
DRIVER = shutil.which("chromedriver")
HOSTILE = "</script><script>document.title='taken'</script><img src=x onerror=\"document.title='taken'\">.png"
FLAGS = (
    "--headless=new --no-sandbox --disable-gpu --enable-unsafe-swiftshader --disable-quic --no-first-run "
    "--disable-background-networking --disable-component-update --disable-sync --window-size=1280,1000"
)

pytestmark = [
    pytest.mark.skipif(not (BROWSER and DRIVER), reason="no Chromium with its driver"),
    pytest.mark.filterwarnings("default"),
]


@pytest.fixture(scope="module")
def faces():
    toy = fer_cluster.load("toy:n=210")
    files = [HOSTILE, "=1+2.png", "-1+2.png", *(f"face {number}.png" for number in range(3, 210))]
    return Faces(toy.images, toy.about.assign(file=files), HOSTILE)


@pytest.fixture(scope="module")
def run(faces):
    return replace(fer_cluster.cluster(faces, "pixels", "kmeans", seeds=1), name=HOSTILE)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("report")


@pytest.fixture(scope="module")
def driver(folder):
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = BROWSER
    for flag in FLAGS.split():
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    options.add_experimental_option("prefs", {"download.default_directory": str(folder)})
    driver = webdriver.Chrome(options=options, service=Service(DRIVER))
    yield driver
    driver.quit()


@pytest.fixture(scope="module")
def logs(driver, run, faces, folder):
    """What the browser logged while the page was opened: console and network."""
    write_report([run], folder / "report.html", faces, patience=0)
    driver.get(f"file://{folder}/report.html")
    until(lambda: driver.execute_script("return document.documentElement.dataset.map") == "ready")
    return driver.get_log("browser"), driver.get_log("performance")


@pytest.fixture
def page(driver, logs):
    """The open page, with the whole map of all faces, coloured by emotion and nothing selected."""
    driver.execute_script("scrollTo(0, document.getElementById('map-legend').offsetTop)")
    driver.find_element("id", "map-none").click()
    choose(driver, "map-part", "all faces")
    choose(driver, "map-colour", "emotion")
    driver.find_element("id", "map-whole").click()
    return driver


def until(done, seconds=20):
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)


def choose(driver, select, text):
    from selenium.webdriver.support.select import Select

    Select(driver.find_element("id", select)).select_by_visible_text(text)


def places(driver):
    """Return where each face is drawn, pixels of the window: (n, 2)."""
    return np.array(
        driver.execute_script(
            """const doc = Bokeh.documents[Bokeh.documents.length - 1];
            const plot = doc.get_model_by_name("map"), { x, y } = doc.get_model_by_name("faces").data;
            const view = Bokeh.index.find_one(plot), box = view.el.getBoundingClientRect();
            const { x_scale, y_scale } = view.frame;
            const place = (_, i) => [box.left + x_scale.compute(x[i]), box.top + y_scale.compute(y[i])];
            return Array.from(x, place);"""
        )
    )


def lonely(driver, faces):
    """Return the faces that lie well within the map and farthest from all others."""
    points = places(driver)
    apart = np.sort(np.linalg.norm(points[:, None] - points, axis=2), axis=1)[:, 1]
    box = driver.execute_script("return document.getElementById('map-plot').getBoundingClientRect()")
    inside = (points > [box["left"] + 20, box["top"] + 20]).all(1)
    inside &= (points < [box["right"] - 80, box["bottom"] - 20]).all(1)
    return np.argsort(np.where(inside, -apart, 0))[:faces], points


def point_at(driver, x, y):
    from selenium.webdriver import ActionChains

    actions = ActionChains(driver)
    actions.w3c_actions.pointer_action.move_to_location(round(float(x)), round(float(y)))
    actions.perform()


def told(driver):
    """Return what is told of the face, name -> value."""
    list_ = driver.find_element("id", "map-told")
    names, values = (list_.find_elements("css selector", tag) for tag in ("dt", "dd"))
    return {name.text: value.text for name, value in zip(names, values, strict=True)}


def shown_face(driver):
    uri = driver.execute_script("return document.getElementById('map-picture').toDataURL('image/png')")
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(uri.split(",")[1]))).convert("L"))


def test_it_opens_without_an_error_or_a_request(logs):
    console, network = logs
    assert not [entry for entry in console if entry["level"] == "SEVERE"]
    messages = [json.loads(entry["message"])["message"] for entry in network]
    asked = [
        one["params"]["request"]["url"] for one in messages if one["method"] == "Network.requestWillBeSent"
    ]
    assert asked and all(url.startswith(("file:", "data:", "blob:")) for url in asked)


def test_hover_shows_the_right_face(page, faces):
    some, points = lonely(page, 3)
    for face in some:
        point_at(page, *points[face])
        until(lambda face=face: told(page).get("face") == str(face))
        until(
            lambda face=face: page.find_element("id", "map-picture").get_attribute("data-face") == str(face)
        )
        seen = shown_face(page).ravel()
        alike = [np.corrcoef(seen, image.ravel())[0, 1] for image in faces.images]
        assert np.argmax(alike) == face and alike[face] > 0.9
        assert told(page)["emotion"] == faces.about["emotion"].iloc[face]


def test_hover_tells_the_cluster(page, run):
    (face,), points = lonely(page, 1)
    point_at(page, *points[face])
    until(lambda: told(page).get("face") == str(face))
    assert told(page)["cluster"] == f"cluster {run.faces['cluster'].iloc[face]}"
    assert told(page)["part"] == run.faces["part"].iloc[face]


def test_a_key_hides_its_points(page, faces):
    (face,), points = lonely(page, 1)
    emotion = faces.about["emotion"].iloc[face]
    count = int((faces.about["emotion"] == emotion).sum())
    key = next(key for key in page.find_elements("css selector", ".legend button") if emotion in key.text)
    key.click()
    assert key.get_attribute("aria-pressed") == "false"
    assert page.find_element("id", "map-shown").text == f"{210 - count} of 210 faces are shown."
    page.find_element("id", "map-number").send_keys("0")
    point_at(page, points[face][0] + 40, points[face][1] + 40)
    before = told(page)["face"]
    point_at(page, *points[face])
    time.sleep(0.5)
    assert told(page)["face"] in (before, *neighbours(points, face)) and told(page)["face"] != str(face)
    key.click()
    assert page.find_element("id", "map-shown").text == "210 of 210 faces are shown."


@pytest.mark.parametrize("colouring", ["emotion", "cluster"])
def test_a_point_has_the_colour_of_its_key(page, faces, run, colouring):
    choose(page, "map-colour", colouring)
    (face,), points = lonely(page, 1)
    emotion, cluster = faces.about["emotion"].iloc[face], f"cluster {run.faces['cluster'].iloc[face]}"
    label = {"emotion": emotion, "cluster": cluster}[colouring]
    keys = page.find_elements("css selector", ".legend button")
    swatch = next(key for key in keys if key.text.startswith(f"{label} ")).find_element(
        "css selector", ".swatch"
    )
    wanted = np.array(colour_of(swatch.value_of_css_property("background-color")))

    def drawn():
        picture = Image.open(io.BytesIO(page.get_screenshot_as_png())).convert("RGB")
        return np.array(picture.getpixel(tuple(round(float(place)) for place in points[face])))

    # a point is a little transparent, on a pale ground
    until(lambda: np.abs(drawn() - (0.75 * wanted + 0.25 * 245)).max() < 12)


def colour_of(css):
    """Return red, green and blue of ``rgb(r, g, b)`` or ``rgba(r, g, b, a)``."""
    return [int(part) for part in css[css.index("(") + 1 : -1].split(",")[:3]]


def test_points_keep_their_colours_while_the_map_moves(page):
    drawn = page.execute_script(
        """const doc = Bokeh.documents[Bokeh.documents.length - 1];
        const view = Bokeh.index.find_one(doc.get_model_by_name("points"));
        const told = ({ model: { fill_color, fill_alpha, line_color } }) =>
          [fill_color.field, fill_alpha.value ?? fill_alpha, line_color?.value ?? null];
        return [view.glyph, view.decimated_glyph].map(told);"""
    )
    assert drawn[0] == drawn[1] == ["code", 0.75, None]


def neighbours(points, face):
    near = np.linalg.norm(points - points[face], axis=1) < 60
    return [str(other) for other in np.flatnonzero(near) if other != face]


def lasso(driver, corners):
    """Draw a lasso through corners, pixels of the window."""
    from selenium.webdriver import ActionChains

    driver.execute_script(
        """const tools = Bokeh.documents[Bokeh.documents.length - 1].get_model_by_name("map").toolbar.tools;
        tools.find((tool) => tool.type === "LassoSelectTool").active = true;"""
    )
    actions = ActionChains(driver, duration=20)
    pointer = actions.w3c_actions.pointer_action
    pointer.move_to_location(*corners[0])
    pointer.pointer_down()
    for corner in corners[1:]:
        pointer.move_to_location(*corner)
    pointer.pointer_up()
    actions.perform()


def test_the_csv_of_a_lasso_has_the_right_rows(page, faces, run, folder):
    points = places(page)
    left, top = np.quantile(points, 0.3, axis=0).round().astype(int)
    right, bottom = np.quantile(points, 0.7, axis=0).round().astype(int)
    corners = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top + 1)]
    lasso(page, [tuple(map(int, corner)) for corner in corners])
    until(lambda: "selected" in page.find_element("id", "map-count").text)
    inside = ((points > [left + 1, top + 1]) & (points < [right - 1, bottom - 1])).all(1)
    around = ((points > [left - 1, top - 1]) & (points < [right + 1, bottom + 1])).all(1)
    rows = downloaded(page, folder)
    got = {int(row["face"]) for row in rows}
    assert len(got) > 10 and set(np.flatnonzero(inside)) <= got <= set(np.flatnonzero(around))
    for row in rows:
        about = run.faces.iloc[int(row["face"])]
        assert row["cluster"] == f"cluster {about['cluster']}" and row["emotion"] == about["emotion"]
        assert float(row["x"]) == pytest.approx(about["x"], rel=1e-5)


def downloaded(driver, folder):
    path = folder / "selected_faces.csv"
    path.unlink(missing_ok=True)
    driver.find_element("id", "map-save").click()
    until(path.exists)
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_hostile_name_runs_nothing(page, faces, folder):
    page.find_element("id", "map-all").click()
    rows = downloaded(page, folder)
    assert len(rows) == 210
    assert rows[0]["file"] == HOSTILE and rows[1]["file"] == "'=1+2.png"  # no formula in a spreadsheet
    assert rows[2]["file"] == "'-1+2.png"
    others = [value for row in rows for name, value in row.items() if name != "file"]
    assert any(re.match(r"-[\d.]+ to ", value) for value in others)  # a bin is no formula
    assert not any(value.startswith("'") for value in others)
    number = page.find_element("id", "map-number")
    number.clear()
    number.send_keys("0")
    until(lambda: told(page).get("file") == HOSTILE)
    assert page.title == f"What the clusters follow: {HOSTILE}"
    assert not page.execute_script(
        "return [...document.scripts].some((one) => one.text.startsWith('document.title'))"
    )


def test_a_face_is_found_from_the_keyboard(page):
    number = page.find_element("id", "map-number")
    number.clear()
    number.send_keys("123")
    until(lambda: told(page)["face"] == "123")
    assert page.switch_to.active_element == number


def test_a_table_is_sorted_by_its_head(page):
    table = page.find_element("css selector", "section table.sortable")
    page.execute_script("arguments[0].closest('details').open = true", table)
    head = table.find_element("css selector", "th.number")
    column = page.execute_script("return arguments[0].cellIndex", head)
    values = []
    for _ in range(2):
        head.find_element("tag name", "button").click()
        cells = table.find_elements("css selector", f"tbody td:nth-child({column + 1})")
        values.append([float(cell.text.replace(",", "")) for cell in cells if cell.text])
    assert values[0] == sorted(values[0]) and values[1] == sorted(values[0], reverse=True)
    assert head.get_attribute("aria-sort") == "descending"


def test_what_can_be_used_has_a_name(page):
    nameless = page.execute_script(
        """const every = "button, select, input, img, canvas:not([hidden]), [role=img]";
        const named = (one) => one.textContent.trim() || one.alt || one.ariaLabel || one.labels?.length;
        const ours = [...document.querySelectorAll(every)].filter((one) => !one.closest("#map-plot"));
        return ours.filter((one) => !named(one)).map((one) => one.outerHTML.slice(0, 80));"""
    )
    assert nameless == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_stand_out_in_light_and_dark(page, scheme):
    feature = {"name": "prefers-color-scheme", "value": scheme}
    page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})
    colours = page.execute_script(
        """const style = getComputedStyle(document.body);
        const quiet = getComputedStyle(document.querySelector(".quiet"));
        return [style.color, style.backgroundColor, quiet.color];"""
    )
    ink, paper, quiet = (luminance(colour) for colour in colours)
    assert (paper > 0.5) == (scheme == "light")
    for words in (ink, quiet):
        bright, dark = max(words, paper), min(words, paper)
        assert (bright + 0.05) / (dark + 0.05) > 4.5  # WCAG 2, level AA
    page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def luminance(colour):
    """Return the relative luminance of ``rgb(r, g, b)``, after WCAG 2."""
    parts = [part / 255 for part in colour_of(colour)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return float(np.dot(linear, [0.2126, 0.7152, 0.0722]))


def test_it_fits_a_phone(page):
    size = {"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": True}
    page.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    wide = page.execute_script("return document.documentElement.scrollWidth")
    wider = page.execute_script(
        """return [...document.querySelectorAll("body *")].filter((one) => !one.closest(".wide")
        && one.getBoundingClientRect().right > 391).map((one) => one.outerHTML.slice(0, 60));"""
    )
    assert wide <= 390 and wider == []
    page.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_print_opens_what_is_folded_but_numbers(page):
    count = "return document.querySelectorAll(arguments[0]).length"
    folded, numbers = (page.execute_script(count, f"details{one}") for one in (":not(.numbers)", ".numbers"))
    before = page.execute_script(count, "details[open]")
    pdf = base64.b64decode(page.execute_cdp_cmd("Page.printToPDF", {})["data"])
    pages = len(re.findall(rb"/Type\s*/Page\b", pdf))
    assert folded and numbers and 3 <= pages <= 30
    assert len(re.findall(rb"/Subtype\s*/Image\b", pdf)) >= page.execute_script(count, "figure img")
    page.execute_script("dispatchEvent(new Event('beforeprint'))")
    assert page.execute_script(count, "details:not(.numbers)[open]") == folded
    assert page.execute_script(count, "details.numbers[open]") < numbers
    page.execute_script("dispatchEvent(new Event('afterprint'))")
    assert page.execute_script(count, "details[open]") == before


@pytest.fixture
def phone(driver, logs):
    """The page opened anew on a screen that is touched."""
    size = {"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": True}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    driver.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": True, "maxTouchPoints": 2})
    reopened(driver)
    driver.execute_script("document.getElementById('map-legend').scrollIntoView()")
    yield driver
    driver.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": False})
    driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    reopened(driver)


def reopened(driver):
    driver.refresh()
    until(lambda: driver.execute_script("return document.documentElement.dataset.map") == "ready")


def touch(driver, *places):
    """Put a finger down, lead it from place to place, and lift it."""
    kinds = ["touchStart", *["touchMove"] * (len(places) - 1)]
    for kind, (x, y) in zip(kinds, places, strict=True):
        points = [{"x": float(x), "y": float(y)}]
        driver.execute_cdp_cmd("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
        time.sleep(0.02)
    driver.execute_cdp_cmd("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def test_a_finger_taps_a_face_and_scrolls_the_page(phone):
    choose(phone, "map-part", "all faces")
    (face,), points = lonely(phone, 1)
    touch(phone, points[face])
    until(lambda: told(phone).get("face") == str(face))
    assert phone.find_element("id", "map-count").text == "1 face is selected."
    before = phone.execute_script("return scrollY")
    x, y = points[face]
    touch(phone, *((x, y - 10 * step) for step in range(16)))
    until(lambda: phone.execute_script("return scrollY") > before + 50)
