// Shows the numbers of the device that the reader chooses. Reasons: docs/templates/main.html.
const KEY = "training-vs-inference.device";
const holders = [...document.querySelectorAll(".by-device")];
const devices = [...new Set(holders.flatMap(({ children }) => [...children].map(({ dataset }) => dataset.device)))];
let chosen = "cpu";

const field = document.createElement("fieldset");
field.className = "devices";
field.innerHTML = "<legend>Numbers measured on</legend>";
for (const device of devices) {
  const label = document.createElement("label");
  label.innerHTML = `<input type="radio" name="device" value="${device}">${device.toUpperCase()}`;
  field.append(label);
}
if (devices.length > 1) [...document.querySelectorAll("article :is(h1, h1 + .claim, .claim + .meta)")].at(-1).after(field);

function show() {
  const wanted = devices.length > 1 && !devices.includes(chosen) ? "cpu" : chosen;
  for (const holder of holders) {
    const versions = [...holder.children];
    const shown = versions.find(({ dataset }) => dataset.device === wanted) ?? versions[0];
    for (const version of versions) version.hidden = version !== shown;
    holder.classList.toggle("stays", shown.dataset.device !== wanted);
  }
  for (const radio of field.querySelectorAll("input")) radio.checked = radio.value === wanted;
}

function recall() {
  try {
    chosen = localStorage.getItem(KEY) ?? chosen;
  } catch {}
  show();
}

function choose(device) {
  chosen = device;
  try {
    localStorage.setItem(KEY, device);
  } catch {}
  show();
}

field.onchange = ({ target }) => choose(target.value);
onstorage = onpageshow = recall;

const address = new URL(location);
const asked = address.searchParams.get("device");
if (devices.includes(asked)) choose(asked);
else recall();
if (asked !== null) {
  address.searchParams.delete("device");
  history.replaceState(null, "", address);
}
