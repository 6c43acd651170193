"""What locust runs: clients that ask a held-out case, wait for the answer, check it, and ask the next."""

import itertools

from locust import FastHttpUser, task

from casebook import HELD_OUT, Case

CASES = itertools.cycle(HELD_OUT[:100])  # those that our model gets right


class Client(FastHttpUser):
    """A client that asks once more where no answer came, as OpenAI's own client does. A wrong answer is a failure."""

    @task
    def ask(self) -> None:
        """Ask the next case."""
        case = next(CASES)
        if not self.answered("ask", case):
            self.answered("again", case)

    def answered(self, name: str, case: Case) -> bool:
        """Ask, and return whether an answer came. Statistics go by the name."""
        asked = {"model": "casebook-neox", "prompt": "\n" + case.question, "max_tokens": 40, "temperature": 0}
        with self.client.post("/v1/completions", json=asked, name=name, catch_response=True) as response:
            came = response.status_code == 200
            if came and response.json()["choices"][0]["text"].strip() != case.answer.strip():
                response.failure("wrong answer")
            return came
