"""Spoil a copy of the built site in one way for each promise of a calculator: its test must notice."""

import pytest
from hypothesis import Phase

from tests.browser import test_calculators as calculators
from tests.browser.spoiled import in_file, must_fail

NAME = "training-cost"
SCRIPT, STYLE = "assets/javascripts/calculator.js", "assets/stylesheets/calculator.css"


def agreement(visit, _):
    with visit(calculators.PAGES[NAME]) as opened:
        calculators.agree_on_random_inputs(opened.page, NAME, [Phase.generate])


# How the test is called, the file, and what is replaced by what in it.
FAULTS = {
    "another formula in the browser": (agreement, "snippets/costs.py", "TOKEN = 6", "TOKEN = 6.1"),
    "a formatter that rounds down": (agreement, "engine/writing.py", "(2 * rest > under or", "(False or"),
    "Python for everybody": (
        lambda visit, _: calculators.test_python_is_sent_to_those_who_change_a_number(visit, NAME),
        *(SCRIPT, "this.sort();\n  }\n\n  key(", "this.sort();\n    this.python();\n  }\n\n  key("),
    ),
    "a style sheet as heavy as Python": (
        lambda visit, _: calculators.test_python_is_sent_to_those_who_change_a_number(visit, NAME),
        *(STYLE, "cost-calculator {", f"/* {'/'.join(map(str, range(9000)))} */ cost-calculator {{"),
    ),
    "a slip that no field is marked for": (
        lambda visit, _: calculators.test_what_the_formulas_refuse_reaches_the_reader(visit, *calculators.REFUSED[-2]),
        *(SCRIPT, 'message ? "true" : null', "null"),
    ),
    "a link without the numbers": (
        lambda visit, _: calculators.test_a_link_carries_the_numbers(visit, NAME),
        *(SCRIPT, 'history.replaceState(null, "", this.address(', '(() => {})(null, "", this.address('),
    ),
    "a copied link without what was left as it was": (
        lambda visit, _: calculators.test_a_link_copied_at_once_holds_the_last_number(visit),
        *(SCRIPT, "this.address(() => true)", "this.address((field) => field.changed)"),
    ),
    "old numbers to copy": (
        lambda visit, folder: calculators.test_what_is_copied_runs_and_prints_the_same(visit, NAME, folder),
        *(
            SCRIPT,
            "problem } = await this.compute(this.typed)",
            'problem } = await this.compute({ ...this.typed, parameters: "405" })',
        ),
    ),
    "results that look like those of the new numbers": (
        lambda visit, _: calculators.test_results_of_other_numbers_are_dimmed_while_python_is_on_its_way(visit),
        *(STYLE, "cost-calculator.waiting ", "cost-calculator.no-such-class "),
    ),
    "a chart that looks like that of the new numbers": (
        lambda visit, _: calculators.test_a_chart_of_other_numbers_is_dimmed_until_it_is_drawn_again(visit),
        *(SCRIPT, 'this.figure?.classList.add("waiting");', ""),
    ),
    "a look that counts as a change": (
        lambda visit, _: calculators.test_a_look_at_the_code_leaves_the_results_as_they_are(visit),
        *(SCRIPT, "this.code.textContent || this.showCode()", "this.code.textContent || this.changed()"),
    ),
    "a preset that forgets a field": (
        lambda visit, _: calculators.test_a_preset_fills_its_fields_and_says_where_from(visit, NAME),
        *(SCRIPT, "Object.entries(choice.chosen.values)", "Object.entries(choice.chosen.values).slice(1)"),
    ),
    "a slider that leaves its field alone": (
        lambda visit, _: calculators.test_a_slider_moves_its_field(visit),
        *(SCRIPT, "this.box.value = this.at(this.slider.value / STEPS);", ""),
    ),
    "a live region that never stops": (
        lambda visit, _: calculators.test_one_sentence_is_spoken_for_many_changes(visit),
        *(SCRIPT, "this.show(result);", 'this.show(result);\n      this.say(result.headline, "unseen");'),
    ),
    "a wide field": (
        lambda visit, _: calculators.test_it_fits_a_narrow_phone(visit, NAME),
        *(STYLE, "width: 4.8rem;", "width: 18rem;"),
    ),
    "controls on paper": (
        lambda visit, _: calculators.test_the_reader_s_own_numbers_are_printed(visit),
        *(STYLE, ":is(.control, .presets,", ":is(.none,"),
    ),
    "a control without a label": (
        lambda visit, _: calculators.test_each_control_has_its_name(visit),
        *(SCRIPT, "label.htmlFor = id;", ""),
    ),
    "a failure that nobody hears of": (
        lambda visit, _: calculators.test_a_browser_that_cannot_run_python_says_so(visit),
        *(SCRIPT, "this.show({ problem });", ""),
    ),
}


@pytest.mark.browser
@pytest.mark.parametrize("name", FAULTS)
def test_fault(name, browser, site, tmp_path):
    test, file, old, new = FAULTS[name]
    with must_fail(browser, site, tmp_path, in_file(file, old, new)) as (visit, _):
        test(visit, tmp_path)
