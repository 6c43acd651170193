"""Ask a server that speaks OpenAI's API: ``python ask.py``."""

from openai import OpenAI

client = OpenAI(base_url="http://localhost:8000/v1", api_key="none")
question = "Watson: Adair has ink on the cuff and a tartan scarf.\nHolmes: "
answer = client.completions.create(model="casebook-neox", prompt="\n" + question, max_tokens=40, temperature=0)
print(question + answer.choices[0].text)
