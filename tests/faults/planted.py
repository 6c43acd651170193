"""The faults: each breaks one promise in a copy of the site, and names the one check that must notice.

``plant`` spoils the copy and returns the file and the line that the message must name. ``also`` names checks that the
same fault cannot help but break: a changed snippet, say, makes its record stale.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from tests.faults.forged import forge, plant_gpu_record
from tests.faults.tree import Place, Tree

INDEX = "docs/index.md"
CARD = "docs/training-vs-inference/index.md"
TRAINING = "docs/training-vs-inference/training.md"
QUESTIONS = "docs/costs/client-questions.md"
CONTRACTS = "docs/numbers.toml"
FACTS = "docs/facts.toml"
CLAIMS = "docs/claims.toml"
RECORD = "docs/records/cpu/inference.json"


@dataclass(frozen=True)
class Fault:
    """One fault, the check that must catch it, and a part of what that check must say."""

    catches: str
    says: str
    plant: Callable[[Tree], Place]
    also: frozenset[str] = field(default_factory=frozenset)


FAULTS: dict[str, Fault] = {}


def fault(catches: str, says: str, also: tuple[str, ...] = ()) -> Callable:
    """Register a function that plants a fault; its name says which."""

    def register(plant: Callable[[Tree], Place]) -> Callable[[Tree], Place]:
        FAULTS[plant.__name__.replace("_", " ")] = Fault(catches, says, plant, frozenset(also))
        return plant

    return register


def table(tree: Tree, name: str, header: str, old: str, new: str) -> Place:
    """Change a line of one table of a TOML file; the message names the table's first line."""
    text = tree.read(name)
    start = text.index(f"[{header}]\n")
    stop = text.find("\n[", start) if "\n[" in text[start:] else len(text)
    part = text[start:stop]
    assert part.count(old) == 1, f"[{header}] of {name} holds {old!r} {part.count(old)} times"
    tree.write(name, text[:start] + part.replace(old, new) + text[stop:])
    return name, text[:start].count("\n") + 1


# --- the data files ---


@fault("contracts are sound", "takes no tolerance, and has rel")
def a_tolerance_on_an_exact_number(tree):
    return table(tree, CONTRACTS, "numbers.train.steps", 'check = "exact"', 'check = "exact"\nrel = 0.1')


@fault("contracts are sound", "unit 'furlong' is unknown")
def a_unit_that_nobody_knows(tree):
    return table(tree, CONTRACTS, "numbers.train.steps", 'unit = "step"', 'unit = "furlong"')


@fault("benches are of the pinned libraries", "the group peers in pyproject.toml changed since it was measured")
def another_release_of_a_library_we_met(tree):
    tree.replace("pyproject.toml", '"x-transformers==2.31.10"', '"x-transformers==2.31.11"')
    return tree.line("docs/records/cpu/bench_peers.json", '"lock"')


@fault("contracts are sound", "there is no snippets/trian.py to measure trian.steps")
def a_number_of_no_snippet(tree):
    return tree.append(CONTRACTS, '[numbers.trian.steps]\nlabel = "Steps"\nunit = "step"\ncheck = "exact"')


@fault("contracts are sound", "this is not valid TOML")
def a_bracket_left_open(tree):
    return tree.append(CONTRACTS, "[numbers.train.more")


@fault("facts are sound", "grade")
def a_fact_of_no_known_grade(tree):
    return table(tree, FACTS, "llama_405b_tokens", 'grade = "B"', 'grade = "D"')


@fault("facts are sound", "boundary: Field required")
def a_fact_that_does_not_say_what_it_counts(tree):
    boundary = next(line for line in tree.read(FACTS).splitlines() if line.startswith("boundary = "))
    return table(tree, FACTS, "llama_405b_parameters", boundary + "\n", "")


@fault("facts are sound", "before the day it speaks of")
def a_fact_checked_before_it_was_true(tree):
    return table(tree, FACTS, "llama_405b_tokens", "checked = 2026-11-23", "checked = 2020-01-01")


@fault("facts are sound", "checked is 2099-11-23, which is still to come")
def a_fact_checked_in_the_future(tree):
    return table(tree, FACTS, "llama_405b_tokens", "checked = 2026-11-23", "checked = 2099-11-23")


@fault("facts are sound", "URL scheme should be 'http' or 'https'")
def a_fact_without_an_address(tree):
    url = 'url = "https://arxiv.org/abs/2407.21783"'
    return table(tree, FACTS, "llama_405b_tokens", url, 'url = "ftp://example.org/paper"')


@fault("claims are sound", "it compares nothing")
def a_claim_without_a_comparison(tree):
    holds = 'holds = "train.half_trained_step < 0.5 * train.steps"'
    return table(tree, CLAIMS, "not_half_done", holds, 'holds = "train.half_trained_step + 10"')


@fault("claims are sound", "names no number")
def a_claim_about_nothing(tree):
    holds = 'holds = "train.half_trained_step < 0.5 * train.steps"'
    return table(tree, CLAIMS, "not_half_done", holds, 'holds = "11 > 10"')


@fault("claims are sound", "cannot stand in a condition")
def a_claim_that_runs_code(tree):
    holds = 'holds = "train.half_trained_step < 0.5 * train.steps"'
    return table(tree, CLAIMS, "not_half_done", holds, 'holds = "open(train.steps) > 10"')


@fault("exceptions are sound", "why: Field required")
def an_exception_without_a_reason(tree):
    return tree.append("docs/exceptions.toml", '[gpt]\nwords = "GPT-2"\nkind = "name"')


@fault("resources are sound", "minutes: Input should be greater than 0")
def a_resource_that_takes_no_time(tree):
    return table(tree, "docs/resources.toml", "cloudflare", "minutes = 7", "minutes = 0")


@fault("errata are sound", "test: Field required")
def an_erratum_that_nothing_catches(tree):
    entry = '[planted]\nfound = 2026-11-23\nwas = "Wrong."\nnow = "Right."\ncommit = "9f4191b"'
    return tree.append("docs/errata.toml", entry)


@fault("records are sound", "the record was edited by hand")
def a_time_changed_by_hand_in_a_record(tree):
    time = next(line for line in tree.read(RECORD).splitlines() if '"prefill_seconds"' in line)
    tree.replace(RECORD, time, '  "prefill_seconds": 0.0001,')
    return tree.line(RECORD, '"checksum"')


@fault("records are sound", "in the place of train on cpu")
def a_record_in_the_place_of_another(tree):
    tree.write("docs/records/cpu/train.json", tree.read(RECORD))
    return tree.line("docs/records/cpu/train.json", '"snippet"')


@fault("records are sound", "measured_utc: String should match pattern")
def a_record_of_yesterday(tree):
    line = next(line for line in tree.read(RECORD).splitlines() if '"measured_utc"' in line)
    return tree.replace(RECORD, line, ' "measured_utc": "yesterday",')


@fault("errata name what catches them", "there is no tests/test_pages.py::test_nothing")
def an_erratum_whose_test_is_gone(tree):
    entry = '[planted]\nfound = 2026-11-23\nwas = "Wrong."\nnow = "Right."\ncommit = "9f4191b"\n'
    return tree.append("docs/errata.toml", entry + 'test = "tests/test_pages.py::test_nothing"')


@fault("errata name what catches them", "there is no tests/faults/test_planted.py::test_fault[a link to nowhere]")
def an_erratum_whose_fault_is_not_planted(tree):
    entry = '[planted]\nfound = 2026-11-23\nwas = "Wrong."\nnow = "Right."\ncommit = "9f4191b"\n'
    return tree.append(
        "docs/errata.toml", entry + 'test = "tests/faults/test_planted.py::test_fault[a link to nowhere]"'
    )


@fault("errata name what catches them", "is not in the history")
def an_erratum_mended_by_no_commit(tree):
    entry = '[planted]\nfound = 2026-11-23\nwas = "Wrong."\nnow = "Right."\ncommit = "abcdef0123"\n'
    return tree.append("docs/errata.toml", entry + 'test = "check no figure is naked"')


# --- records ---


@fault("records are fresh", "changed since docs/records/cpu/train.json was measured")
def a_learning_rate_changed_in_a_snippet(tree):
    return tree.replace("snippets/train.py", "torch.optim.Muon(matrices, lr=0.02", "torch.optim.Muon(matrices, lr=0.03")


@fault("records are fresh", "changed since docs/records/cpu/inference.json was measured")
def a_shared_module_changed(tree):
    return tree.replace("snippets/tiny_gpt.py", "import json\n", "import json  # planted\n")


@fault("records are fresh", "is gone; remove this record")
def a_record_whose_snippet_is_gone(tree):
    forged = "docs/records/cpu/gone.json"
    tree.write(forged, tree.read(RECORD))
    forge(tree, forged, lambda record: record.update(snippet="gone"))
    return forged, 1


@fault("records are of the locked torch", "measured on torch 2.12.0")
def a_record_of_another_torch(tree):
    forge(tree, RECORD, lambda record: record.update(torch="2.12.0+cpu"))
    return tree.line(RECORD, '"torch"')


@fault("times compared are of one machine", "hardware.run_ratio compares times of AMD EPYC")
def a_time_of_another_machine_in_a_ratio(tree):
    forge(tree, "docs/records/cpu/train.json", lambda record: record.update(device_name="AMD EPYC 7763"))
    return tree.line(CONTRACTS, "[numbers.hardware.run_ratio]")


@fault("timings are kept", "it has no decode_times")
def a_record_without_its_single_timings(tree):
    forge(tree, RECORD, lambda record: record["samples"].pop("decode_times"))
    return tree.line(RECORD, '"samples"')


@fault("timings are kept", "precision.recomputed_time: nothing keeps the timings behind it")
def a_ratio_whose_timings_nobody_keeps(tree):
    tree.replace(CONTRACTS, '[snippets.precision]\nsamples = ["times"]\n\n', "")
    return tree.line(CONTRACTS, "[numbers.precision.recomputed_time]")


@fault("records name their commit", "measured on sources that no commit holds")
def a_record_of_uncommitted_sources(tree):
    forge(tree, RECORD, lambda record: record.update(dirty=True))
    return tree.line(RECORD, '"commit"')


@fault("records name their commit", "is not in this clone")
def a_record_of_a_commit_that_never_was(tree):
    forge(tree, RECORD, lambda record: record.update(commit="0" * 40))
    return tree.line(RECORD, '"commit"')


@fault("files are those of the record", "not the file that train.py wrote", also=("records are fresh",))
def other_weights_than_the_record_s(tree):
    path = tree.path("snippets/casebook.safetensors")
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    return "snippets/casebook.safetensors", 1


@fault("records are of their device", "cannot have used CUDA")
def a_gpu_s_record_passed_off_as_the_cpu_s(tree):
    forge(tree, RECORD, lambda record: record.update(cuda="13.0", driver="580.1"))
    return tree.line(RECORD, '"device_name"')


@fault("records are of their device", "names its CUDA and its driver")
def a_gpu_record_from_a_machine_without_a_gpu(tree):
    return tree.line(plant_gpu_record(tree, cuda=None, driver=None), '"device_name"')


@fault("records are of their device", "NVIDIA A100-SXM4-40GB is no h100")
def a_record_of_another_gpu(tree):
    return tree.line(plant_gpu_record(tree, device_name="NVIDIA A100-SXM4-40GB"), '"device_name"')


@fault("every snippet is measured", "it has no record")
def a_snippet_that_was_never_measured(tree):
    return tree.write("snippets/fresh.py", '"""A snippet."""\n\nprint("so far")\n')


# --- numbers and claims in the pages' sources ---


@fault("every number is known", "no number is called train.setps; did you mean train.steps?")
def an_unknown_number(tree):
    return tree.append(INDEX, "It took {{ train.setps }} steps.")


@fault("every number is known", "no fact is called facts.llama_405b_token; did you mean facts.llama_405b_tokens?")
def an_unknown_fact(tree):
    return tree.append(INDEX, "It read {{ facts.llama_405b_token }} tokens.")


@fault("every number is known", "no claim is called claims.much_more_memry")
def an_unknown_claim(tree):
    return tree.append(INDEX, "It needs {{ claims.much_more_memry | much more memory }}.")


@fault("every number is known", "only a claim has words after a bar")
def words_in_the_place_of_a_number(tree):
    return tree.append(INDEX, "It took {{ train.steps | many }} steps.")


@fault("every number is known", "train.steps: only a fact has a date; remove .as_of")
def a_date_of_what_is_no_fact(tree):
    return tree.append(INDEX, "It was so in {{ train.steps.as_of }}.")


@fault("every notation is read", "{{ train steps }} is neither a number nor a block")
def a_slip_in_the_notation(tree):
    return tree.append(INDEX, "It took {{ train steps }} steps.")


@fault("every contract is used", "train.planted is on no page", also=("every number can be had",))
def a_contract_that_nobody_uses(tree):
    return tree.append(CONTRACTS, '[numbers.train.planted]\nlabel = "Steps"\nunit = "step"\ncheck = "exact"')


@fault("every number can be had", "costs.inference_flops refused its inputs")
def a_formula_without_its_argument(tree):
    header = "numbers.inference.flops"
    return table(tree, CONTRACTS, header, 'tokens = "inference.case_tokens"', 'token = "inference.case_tokens"')


@fault("formulas fit their units", "Cannot convert from 'FLOP' ([FLOP]) to 'byte' ([byte])")
def a_formula_that_adds_bytes_to_operations(tree):
    tree.append(INDEX, "In all, {{ costs.total }}.")
    entry = '[numbers.costs.total]\nlabel = "All"\nunit = "FLOP"\ncheck = "derived"\nfunction = "costs.total"\n'
    return tree.append(CONTRACTS, entry + 'arguments = { first = "train.flops", second = "train.weight_bytes" }')


@fault("formulas fit their units", "and the contract says byte")
def a_formula_in_another_unit_than_its_contract_s(tree):
    return table(tree, CONTRACTS, "numbers.train.flops", 'unit = "FLOP"', 'unit = "byte"')


@fault(
    "formulas fit their units",
    "_output_tokens is in USD/million tokens in calculators.toml, and the contract says USD",
)
def a_calculator_s_price_without_what_it_is_for(tree):
    return table(tree, CONTRACTS, "numbers.serving.usd", 'unit = "USD/million tokens"', 'unit = "USD"')


@fault("formulas fit their units", "is in FLOP/second, and inference_cost.bytes_per_second in byte/second/GPU")
def a_calculator_given_operations_for_bytes(tree):
    old, new = "facts.h100_bandwidth_bytes_per_second", "facts.h100_bf16_flops_per_second"
    return table(tree, CONTRACTS, "numbers.serving.usd", f'bytes_per_second = "{old}"', f'bytes_per_second = "{new}"')


@fault(
    "formulas fit their units",
    "TRAINING_FACTOR is a constant without its unit",
    also=("records are fresh", "calculators fit their units", "calculators fit their scripts"),
)
def a_constant_that_hides_its_unit(tree):
    costs = tree.read("snippets/costs.py")
    tree.write("snippets/costs.py", costs.replace("TRAINING_FLOP_PER_PARAMETER_TOKEN", "TRAINING_FACTOR"))
    text = tree.read(CONTRACTS)
    tree.write(CONTRACTS, text.replace("costs.TRAINING_FLOP_PER_PARAMETER_TOKEN", "costs.TRAINING_FACTOR"))
    return tree.line("snippets/costs.py", "TRAINING_FACTOR = ")


@fault("every claim holds", "A quarter of the clue pairs is kept back: it never sees those.")
def a_claim_that_no_longer_fits(tree):
    table(tree, CLAIMS, "quarter_held_out", "0.245 <", "0.745 <")
    return tree.line(TRAINING, "claims.quarter_held_out")


@fault("every number is known", "no number is called train.stps; did you mean train.steps?")
def a_claim_about_an_unknown_number(tree):
    tree.append(INDEX, "It takes {{ claims.planted | many steps }}.")
    return tree.append(CLAIMS, '[planted]\nwords = ["many steps"]\nholds = "train.stps > 100"\nwhy = "Many."')


@fault("every claim is used", "claims.planted is on no page")
def a_claim_that_nobody_makes(tree):
    return tree.append(CLAIMS, '[planted]\nwords = ["many steps"]\nholds = "train.steps > 100"\nwhy = "Many."')


@fault("every claim can fail", "holds whatever the figures")
def a_claim_that_is_always_true(tree):
    tree.append(INDEX, "It takes {{ claims.planted | many steps }}.")
    return tree.append(CLAIMS, '[planted]\nwords = ["many steps"]\nholds = "train.steps == train.steps"\nwhy = "Many."')


# --- what the reader sees ---


@fault("no figure is naked", "the figure '30,000' is typed, in 'It takes 30,000 hours.'")
def a_figure_typed_in_a_paragraph(tree):
    return tree.append(INDEX, "It takes 30,000 hours.")


@fault("no figure is naked", "the figure '7.5' is typed")
def a_figure_typed_in_a_table(tree):
    name, line = tree.append(INDEX, "| What | How long |\n|---|---|\n| Training | 7.5 hours |")
    return name, line + 2


@fault("no figure is naked", "the figure '12' is typed")
def a_figure_typed_in_a_heading(tree):
    return tree.append(INDEX, "## Learn it in 12 days")


@fault("no figure is naked", "the figure '99' is typed")
def a_figure_typed_in_alternative_text(tree):
    return tree.append(INDEX, "![A chart that rises to 99](assets/images/favicon.svg)")


@fault("no figure is naked", "the figure '20' is typed")
def a_figure_typed_in_a_description(tree):
    return tree.replace(INDEX, "description: How building", "description: In 20 pages, how building")


@fault("no figure is naked", "the figure '4' is typed")
def a_figure_joined_to_a_word(tree):
    return tree.append(INDEX, "A 4x speed-up.")


@fault("no figure is naked", "the figure '90' is typed", also=("records are fresh",))
def a_figure_typed_in_a_notebook(tree):
    name = "docs/notebooks/train-and-infer.py"
    tree.replace("mkdocs.yml", "execute: true", "execute: false")
    return tree.replace(name, "# Training moved the weights.", "# Training moved 90 weights.")


@fault("no quantity is unbound", "nothing binds 'three' to a figure, in 'It takes three times as long.'")
def a_number_spelled_out(tree):
    return tree.append(INDEX, "It takes three times as long.")


@fault("no quantity is unbound", "nothing binds 'half' to a figure")
def a_fraction_spelled_out(tree):
    return tree.append(INDEX, "Inference needs half of that.")


@fault("no quantity is unbound", "nothing binds 'order of magnitude' to a figure")
def an_order_of_magnitude(tree):
    return tree.append(INDEX, "Training is dearer by an order of magnitude.")


@fault("no quantity is unbound", "nothing binds 'far more' to a figure")
def a_comparison_without_figures(tree):
    return tree.append(INDEX, "Training needs far more memory.")


@fault("no figure is naked", "the figure '30' is typed")
def a_figure_dressed_as_code(tree):
    return tree.append(INDEX, "It takes `30` hours.")


@fault("no figure is naked", "the figure '9000' is typed")
def a_figure_in_a_block_that_is_never_run(tree):
    name, line = tree.append(INDEX, "```text\nin all 9000 tokens\n```")
    return name, line + 1


@fault("no figure is naked", "the figure '\u00bd' is typed")
def a_fraction_in_one_sign(tree):
    return tree.append(INDEX, "It takes \u00bd as long.")


@fault("no quantity is unbound", "nothing binds 'far dearer' to a figure")
def a_quantity_parted_by_emphasis(tree):
    return tree.append(INDEX, "Training is far&nbsp;*dearer*.")


@fault("no quantity is unbound", "nothing binds 'billion' to a figure")
def an_exception_used_on_another_page(tree):
    return tree.append(INDEX, "People send a billion of them.")


@fault("numbers stand alone", "'%' changes {{ train.steps }}")
def a_number_made_a_percentage(tree):
    return tree.append(INDEX, "It took {{ train.steps }}% of it.")


@fault("numbers stand alone", "'K' changes {{ train.steps }}")
def a_number_made_thousands(tree):
    return tree.append(INDEX, "It took {{ train.steps }} K steps.")


@fault("numbers stand alone", "'%' changes {{ train.steps }}")
def a_number_made_a_percentage_on_the_next_line(tree):
    return tree.append(INDEX, "It takes {{ train.steps }}\n% of the day.")


@fault("numbers stand alone", "'GB' changes {{ train.steps }}")
def a_number_given_a_unit(tree):
    return tree.append(INDEX, "It takes {{ train.steps }} GB of it.")


@fault("numbers stand alone", "'±' changes {{ train.steps }}")
def a_number_behind_a_sign_that_is_written_by_name(tree):
    return tree.append(INDEX, "It takes &plusmn; {{ train.steps }} steps.")


@fault("labels hold no figures", "holds '9000'")
def a_figure_in_a_label(tree):
    return table(tree, CONTRACTS, "numbers.train.steps", '"Training steps"', '"Training steps, 9000 of them"')


@fault("claims are made in their words", "is made in the words '10,000 times as much memory'")
def a_claim_in_other_words(tree):
    tree.replace(INDEX, "| much more memory }}", "| 10,000 times as much memory }}")
    return tree.line(INDEX, "10,000 times")


@fault("claims are made in their words", "hold a figure")
def a_claim_whose_words_hold_a_figure(tree):
    tree.append(INDEX, "It takes {{ claims.planted | 100 steps }}.")
    return tree.append(CLAIMS, '[planted]\nwords = ["100 steps"]\nholds = "train.steps > 100"\nwhy = "Many."')


@fault("pages show what their sources name", "inference.cases_answered is named here, and the page shows train.steps")
def a_number_shown_for_another(tree):
    # The link and the note fit the number that is shown; only the source names another.
    old = "        number = numbers.get(used_id)\n"
    new = '        used_id = "train.steps" if used_id == "inference.cases_answered" else used_id\n'
    tree.replace("scripts/numbers_markdown.py", old, new + old)
    return tree.line(CARD, "inference.cases_answered")


@fault(
    "pages show what their sources name",
    "facts.chatgpt_messages_per_day.as_of is named here, and the page shows July 2024",
)
def a_date_shown_for_another(tree):
    other = 'date_element(numbers.facts["llama_405b_gpu_hours"])'
    tree.replace("scripts/numbers_markdown.py", "return date_element(number.spec)", f"return {other}")
    return tree.line(CARD, "facts.chatgpt_messages_per_day.as_of")


@fault("every exception is needed", "no page holds 'GPT-2'; remove gpt")
def an_exception_that_no_page_needs(tree):
    return tree.append("docs/exceptions.toml", '[gpt]\nwords = "GPT-2"\nkind = "name"\nwhy = "A model."')


@fault(
    "markup is plain",
    "<span class=number> is not among the HTML",
    also=("numbers are those of the data", "pages show what their sources name"),
)
def a_typed_figure_passed_off_as_checked(tree):
    note = '<span class="provenance" id="p">x <a href="#p">y</a></span>'
    return tree.append(INDEX, f'It took <span class="number"><data value="9">9</data>{note}</span> steps.')


@fault("markup is plain", "the attributes .claimed", also=("no figure is naked",))
def a_class_that_hides_a_figure(tree):
    return tree.append(INDEX, "*It takes 9 hours*{ .claimed }.")


@fault("no figure is naked", "the figure '9' is typed, in 'It takes 9 hours'", also=("markup is plain",))
def a_box_in_a_quote_that_hides_a_figure(tree):
    return tree.append(INDEX, '> !!! claimed "It takes 9 hours"\n>     Or so.')


@fault("markup is plain", "'It takes 9 hours' is not the file that the block includes")
def a_figure_in_the_title_of_a_block(tree):
    return tree.append(INDEX, '```text title="It takes 9 hours"\nOr so.\n```')


@fault("blocks shown are run", "a block of toml may stand on")
def prose_in_a_block_that_is_taken_for_code(tree):
    file, line = tree.append(INDEX, "```toml\nIt takes nine hours\n```")
    return file, line + 1


@fault("numbers are those of the data", "is shown as", also=("figures are those of the data",))
def a_number_shown_that_is_not_the_record_s(tree):
    # The extension itself is at fault: it adds a digit to each number.
    tree.replace("scripts/markup.py", 'element("data", number.text, value', 'element("data", number.text + "0", value')
    return tree.line(INDEX, "train.accuracy_after")


@fault("numbers are those of the data", "the note of train.accuracy_after says")
def a_note_that_names_another_day(tree):
    tree.replace(
        "scripts/markup.py", 'f"{number.label}: {number.provenance}"', 'f"{number.label}: {number.provenance} (1999)"'
    )
    return tree.line(INDEX, "train.accuracy_after")


@fault("numbers are those of the data", "is past its date, and does not say so")
def an_old_figure_that_looks_fresh(tree):
    tree.replace("scripts/markup.py", "if number.expired:", "if False:")
    return tree.line(CARD, "facts.chatgpt_messages_per_day }}")


@fault("numbers are those of the data", "hosting.usd is past its date, and does not say so")
def a_figure_computed_from_an_old_one_that_looks_fresh(tree):
    tree.replace("scripts/numbers.py", "expired=any(number.expired for number in inputs.values()),", "")
    table(tree, FACTS, "h100_runpod_usd_per_gpu_hour", "as_of = 2026-", "as_of = 2025-")
    return tree.line("docs/costs/break-even.md", "hosting.usd ")


@fault("every id stands once", "stands more than once")
def notes_that_share_an_id(tree):
    numbering = "        for serial, number in enumerate(root.iterfind(\".//span[@class='number']\"), 1):\n"
    tree.replace("scripts/numbers_markdown.py", numbering, numbering + "            serial = 1\n")
    return INDEX, 1


@fault("every fact is cited", "is shown without its source")
def a_fact_without_its_source(tree):
    tree.replace("scripts/markup.py", '        made.set("data-facts", " ".join(facts))', "        pass")
    return tree.line(CARD, "facts.chatgpt_messages_per_day }}")


@fault("sources are those of the facts", "holds figures that docs/facts.toml does not")
def a_source_with_a_word_of_its_own(tree):
    tree.replace("scripts/markup.py", 'AtomicString(". "', 'AtomicString(" (2nd edition). "')
    return CARD, 1


@fault("reported figures say so", "is of grade B: say in its paragraph that it is reported")
def a_reported_figure_stated_as_seen(tree):
    tree.append(INDEX, "ChatGPT gets {{ facts.chatgpt_messages_per_day }} messages a day.")
    return tree.line(INDEX, "facts.chatgpt_messages_per_day")


@fault("no disputed figure is for clients", "is disputed (grade C), and may not stand in a line for clients")
def a_disputed_figure_for_a_client(tree):
    line = "A disputed figure: {{ facts.cerebras_wse_3_flops_per_second }}."
    name, start = tree.append(INDEX, f'!!! quote "Say it to a client"\n\n    {line}')
    return name, start + 2


@fault("no disputed figure is for clients", "is disputed (grade C), and may not stand in a line for clients")
def a_disputed_figure_in_an_answer_to_a_client(tree):
    figure, line = "*The figure:*\n:   ", "Disputed: {{ facts.cerebras_wse_3_flops_per_second }}. "
    tree.write(QUESTIONS, tree.read(QUESTIONS).replace(figure, figure + line, 1))
    return tree.line(QUESTIONS, line)


@fault(
    "outputs are as recorded", "the output of train is not that of docs/records/cpu/train.json: its line 1 should be"
)
def an_output_that_was_touched_up(tree):
    tree.replace("scripts/numbers_markdown.py", '"\\n".join(record.stdout)', '"\\n".join(record.stdout[1:])')
    return tree.line(TRAINING, "{{ output train }}")


@fault("tables are those of the data", "the table resources shows 'video, ")
def a_table_that_rounds(tree):
    tree.replace("scripts/tables.py", "{resource.minutes} min", "{resource.minutes // 60} h")
    return tree.line(CARD, "{{ table resources }}")


@fault("tables are those of the data", "the table numbers has")
def a_table_that_leaves_a_number_out(tree):
    left_out = 'for number_id in numbers.ids() if number_id != "facts.nvidia_groq_license_usd"]'
    tree.replace("scripts/numbers_table.py", "for number_id in numbers.ids()]", left_out)
    return tree.line("docs/reference/numbers.md", "{{ table numbers }}")


@fault("figures are those of the data", "a picture shows")
def a_picture_with_a_figure_of_its_own(tree):
    tree.replace("scripts/figures/loss_curve.py", 'f"floor {floor.text}"', '"floor 0.08"')
    return tree.line(TRAINING, "{{ figure loss-curve }}")


@fault("figures are those of the data", "an axis of memory-parts says '8 cases'")
def an_axis_that_holds_words_and_a_figure(tree):
    tree.replace(
        "scripts/figures/memory_parts.py", "map(str, SHOWN), minor", '[f"{each} cases" for each in SHOWN], minor'
    )
    return tree.line("docs/training-vs-inference/memory.md", "{{ figure memory-parts }}")


@fault("dates are those of facts", "no fact speaks of 'May 2020'", also=("pages show what their sources name",))
def a_date_of_no_fact(tree):
    tree.replace("scripts/markup.py", 'element("time", fact.when', 'element("time", "May 2020"')
    return CARD, 1


@fault("no block mixes devices", "one block shows numbers of several devices")
def a_paragraph_of_several_devices(tree):
    plant_gpu_record(tree)
    tree.replace("scripts/numbers_markdown.py", "        keep_blocks_to_one_device(root)\n", "")
    return CARD, 1


# --- code ---


@fault("every block is found", "every block must run, and run alone")
def a_block_kept_from_running(tree):
    return tree.append(INDEX, "<!--pytest.mark.skip-->\n\n```python\nx = 1\n```")


@fault("every block is found", "write each include on one line")
def an_include_of_several_lines(tree):
    name, line = tree.append(INDEX, "```python\n--8<--\ncosts.py\n--8<--\n```")
    return name, line + 1


@fault("blocks shown are run", "the language 'ipython' is neither run nor known to be harmless")
def a_block_in_a_language_that_is_not_run(tree):
    name, line = tree.append(INDEX, "```ipython\nplanted = 1\n```")
    return name, line + 1


@fault("blocks shown are run", "this is Python under another name")
def python_passed_off_as_text(tree):
    name, line = tree.append(INDEX, "```text\nprint(planted)\n```")
    return name, line + 1


@fault("snippets need only torch", "inference.py imports numpy", also=("records are fresh",))
def a_snippet_that_needs_more_than_torch(tree):
    return tree.replace("snippets/inference.py", "import hashlib\n", "import numpy\n")


# --- pages ---


@fault("the site builds", "the target is not found")
def a_link_to_a_page_that_is_not_there(tree):
    return tree.append(INDEX, "Read [more](no-such-page.md).")


@fault("the site builds", "the target is not found")
def a_file_that_is_not_there(tree):
    tree.replace("scripts/numbers_markdown.py", "href=address", 'href=address.replace("tiny_gpt", "no")')
    return "docs/reference/model.md", 1


@fault("links lead somewhere", "leads nowhere")
def a_template_that_links_a_file_that_is_not_there(tree):
    tree.replace("docs/templates/main.html", "'snippets/casebook.py'", "'snippets/no.py'")
    return tree.line("docs/notebooks/train-and-infer.py", "casebook.py")


@fault("links lead somewhere", "leads nowhere")
def a_style_sheet_that_is_not_there(tree):
    tree.replace("docs/templates/main.html", "'assets/stylesheets/numbers.css'", "'assets/stylesheets/no.css'")
    return "docs/reference/numbers.md", 1


@fault("links lead somewhere", "leads to a place that")
def a_link_to_a_row_that_is_not_there(tree):
    tree.replace("docs/templates/main.html", '<p class="meta">', '<p class="meta"><a href="../../#nowhere">more</a>')
    return "docs/notebooks/train-and-infer.py", 1


@fault("nothing is loaded from elsewhere", "loads https://example.org/picture.png")
def a_picture_from_elsewhere(tree):
    return tree.append(INDEX, "![A chart](https://example.org/picture.png)")


@fault("nothing is loaded from elsewhere", "loads https://example.org/script.js")
def a_script_from_elsewhere(tree):
    tree.replace("mkdocs.yml", "extra_css:\n", "extra_javascript:\n  - https://example.org/script.js\nextra_css:\n")
    return INDEX, 1


@fault("every page describes itself", "needs a description")
def a_page_without_a_description(tree):
    tree.replace("docs/reference/model.md", "description: ", "described: ")
    return "docs/reference/model.md", 1


@fault("concept pages have their bones", "its parts are")
def a_page_without_a_part(tree):
    tree.replace(TRAINING, "## Predict", "## Guess")
    return TRAINING, 1


@fault("concept pages have their bones", "it lacks a line to say to a client")
def a_page_without_a_line_for_clients(tree):
    tree.replace(TRAINING, '!!! quote "Say it to a client"', "!!! note")
    return TRAINING, 1


@fault("concept pages have their bones", "its parts are")
def a_calculator_page_without_a_part(tree):
    tree.replace("docs/costs/break-even.md", "## What it shows", "## Result")
    return "docs/costs/break-even.md", 1


@fault("client answers are whole", "needs Say:, The figure:, Do not say: and a box to open")
def a_question_of_a_client_without_a_warning(tree):
    text = tree.read(QUESTIONS)
    tree.write(QUESTIONS, text.replace("*Do not say:*", "*Never:*", 1))
    return tree.line(QUESTIONS, "## Why is OpenAI so expensive?")


@fault("client answers are whole", "has 3 sentences to say; the page promises 2")
def an_answer_of_another_length_than_the_page_promises(tree):
    tree.replace(QUESTIONS, ":   It pays for computing", ":   It is. It pays for computing")
    return tree.line(QUESTIONS, "## Why is OpenAI so expensive?")


@fault("the card has its resources", "it lacks its resources", also=("no figure is naked", "every exception is needed"))
def a_card_without_its_resources(tree):
    tree.replace(CARD, "{{ table resources }}", "A video of 211 minutes.")
    return CARD, 1


# --- calculators ---

TRAINING_COST = "snippets/calculators/training_cost.py"
CALCULATORS = "docs/calculators.toml"


@fault("calculators are sound", "unit 'furlong' is no unit to compute with")
def a_field_in_a_unit_that_nobody_knows(tree):
    return table(tree, CALCULATORS, "training-cost.inputs.tokens", 'unit = "token"', 'unit = "furlong"')


@fault("calculators are sound", "give its formula as well")
def a_result_without_its_formula(tree):
    return table(tree, CALCULATORS, "training-cost.outputs.usd", 'formula = "hours * usd_per_gpu_hour"\n', "")


@fault("calculators fit their scripts", "nothing asks for storage")
def an_input_that_no_field_asks_for(tree):
    tree.replace(TRAINING_COST, "overhead = 1.1", "storage = 5\noverhead = 1.1")
    return tree.line(TRAINING_COST, "storage = 5")


@fault("calculators fit their scripts", "leaves no bill behind")
def a_result_that_the_script_does_not_give(tree):
    entry = '[training-cost.outputs.bill]\nlabel = "Bill"\nunit = "USD"\nformula = "hours * usd_per_gpu_hour"'
    return tree.append(CALCULATORS, entry)


@fault("calculators fit their scripts", "no calculator runs it")
def a_script_without_a_calculator(tree):
    return tree.write("snippets/calculators/lost.py", '"""Nobody sees this."""\n\ntokens = 3\n')


@fault(
    "defaults are those of their sources",
    "parameters starts at 406e9, and facts.llama_405b_parameters is 405",
    also=("calculators show what their scripts give",),
)
def a_field_that_starts_with_another_value_than_its_fact(tree):
    return tree.replace(TRAINING_COST, "parameters = 405e9", "parameters = 406e9")


@fault("defaults are those of their sources", "give it a source or an assumption")
def a_field_whose_value_is_from_nowhere(tree):
    return table(tree, CALCULATORS, "training-cost.inputs.overhead", 'source = "facts.google_pue"\n', "")


@fault(
    "presets name numbers", "no fact is called facts.llama_405b_parametres; did you mean facts.llama_405b_parameters?"
)
def a_preset_of_an_unknown_fact(tree):
    old, new = '"facts.llama_405b_parameters"', '"facts.llama_405b_parametres"'
    return table(tree, "docs/presets.toml", "train_llama_405b", old, new)


@fault("defaults are those of their sources", "overhead: 1.1 holds a figure that counts nothing")
def a_figure_typed_as_the_source_of_a_field(tree):
    return table(tree, CALCULATORS, "training-cost.inputs.overhead", '"facts.google_pue"', '"1.1"')


@fault("presets name numbers", "usd_per_gpu_hour: 1.99 holds a figure that counts nothing")
def a_price_typed_in_a_preset(tree):
    return table(tree, "docs/presets.toml", "train_h200", '"facts.h200_usd_per_gpu_hour"', '"1.99"')


@fault("presets name numbers", "watts_per_gpu: facts.h200_tdp_watts / facts.h100_tdp_watts gives no watt/GPU")
def arithmetic_in_another_unit_in_a_preset(tree):
    old, new = '"facts.h200_tdp_watts"', '"facts.h200_tdp_watts / facts.h100_tdp_watts"'
    return table(tree, "docs/presets.toml", "train_h200", old, new)


@fault("presets name numbers", "gpus: 1 holds a figure of its own")
def a_count_without_its_reason_in_a_preset(tree):
    return table(tree, "docs/presets.toml", "serve_8b_h100", 'counted.gpus = "measured on a single GPU"\n', "")


@fault("presets name numbers", "is in watt, and the field in USD/GPU-hour")
def a_preset_in_another_unit(tree):
    old, new = '"facts.h200_usd_per_gpu_hour"', '"facts.h200_tdp_watts"'
    return table(tree, "docs/presets.toml", "train_h200", old, new)


@fault("formulas shown are those of the code", "one of the two is wrong")
def a_formula_that_drifted_from_the_code(tree):
    old, new = '"hours * usd_per_gpu_hour"', '"hours * usd_per_gpu_hour * overhead"'
    return table(tree, CALCULATORS, "training-cost.outputs.usd", f"formula = {old}", f"formula = {new}")


@fault("formulas shown are those of the code", "one of the two is wrong")
def a_formula_that_leaves_the_copies_out(tree):
    old, new = '"weights + batch * cache * copies"', '"weights + batch * cache"'
    return table(tree, CALCULATORS, "does-it-fit.outputs.serving", old, new)


@fault("formulas shown are those of the code", "one of the two is wrong")
def a_formula_that_is_wrong_where_arithmetic_takes_longer(tree):
    old, new = "* batch / compute", "* batch / compute * 2"
    return table(tree, CALCULATORS, "inference-cost.outputs.pass_seconds", old, new)


@fault("formulas shown are those of the code", "copies matters for none of the inputs that are tried")
def sliders_that_never_make_a_part_of_a_formula_matter(tree):
    table(tree, CALCULATORS, "does-it-fit.inputs.gpus", "slider = [1, 1024]", "slider = [1, 1.5]")
    return tree.line(CALCULATORS, "[does-it-fit.outputs.serving]")


@fault("calculators fit their units", "is shown in USD/month; mend the unit", also=("formulas fit their units",))
def a_result_in_another_unit(tree):
    return table(tree, CALCULATORS, "training-cost.outputs.usd", 'unit = "USD"', 'unit = "USD/month"')


@fault("words of calculators hold no figures", "'9,000' is typed in")
def a_calculator_that_types_a_figure(tree):
    return tree.replace(CALCULATORS, "About {usd}: {hours} GPU-hours", "About {usd}: 9,000 GPU-hours")


@fault("words of calculators hold no figures", "'900' in 'H900' is in no label")
def a_preset_that_is_called_what_its_numbers_are_not(tree):
    return table(tree, "docs/presets.toml", "train_h200", 'label = "H200"', 'label = "H900"')


@fault("every calculator is used", "is on no page")
def a_calculator_that_nobody_sees(tree):
    tree.replace("docs/training-vs-inference/memory.md", "{{ calculator does-it-fit }}", "So it is.")
    return tree.line(CALCULATORS, "[does-it-fit]")


@fault("calculators show what their scripts give", "it shows usd as")
def a_result_that_is_not_the_script_s(tree):
    tree.replace("scripts/engine/answers.py", 'value = names[output["name"]]', 'value = names[output["name"]] * 1.01')
    return tree.line("docs/costs/training-cost.md", "{{ calculator training-cost }}")


@fault(
    "calculators show what their scripts give", "it shows gpus as 16384, and the script has 16384, which reads 16,384"
)
def an_assumption_that_reads_otherwise_than_it_is(tree):
    tree.replace("scripts/engine/fields.py", "prefix + grouped(whole)", "prefix + whole")
    return tree.line("docs/costs/training-cost.md", "{{ calculator training-cost }}")


@fault("vendored files are as published", "is not the file of version 1.27.0")
def a_vendored_file_that_was_changed(tree):
    path = tree.path("docs/assets/vendor/micropython/micropython.mjs")
    path.write_bytes(path.read_bytes() + b"// planted\n")
    return tree.line("docs/vendored.toml", "[micropython]")


@fault("vendored files are as published", "nothing says where this is from")
def a_vendored_file_of_unknown_origin(tree):
    return tree.write("docs/assets/vendor/lost.js", "")
