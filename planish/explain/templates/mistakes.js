// Right and wrong: a number of the table shows its examples, and an example becomes the image of the page.

for (const each of data.mistakes) if (each) each.pixels = bytesOf(each.bytes);

const examples = [...document.querySelectorAll("[data-mistake]")];

function paintMistakes() {
  for (const item of examples) {
    const canvas = item.querySelector("canvas");
    if (canvas && !item.hidden) paintPicture(canvas, data.mistakes[Number(item.dataset.mistake)], 112);
  }
}

function showPair(pair, text) {
  for (const item of examples) item.hidden = pair !== null && item.dataset.pair !== pair;
  byId("worst-of").hidden = pair === null;
  byId("worst-of").firstElementChild.textContent = text;
  byId("worst-none").hidden = examples.some((item) => !item.hidden);
  paintMistakes();
  byId("worst-title").focus();
  byId("worst-title").scrollIntoView();
}

function explainMistake(item) {
  const picture = data.mistakes[Number(item.dataset.mistake)];
  setImage(floatsOf(picture.values), Number(item.dataset.pair.split(" ")[0]));
  byId("image").scrollIntoView();
  pad.host.focus({ preventScroll: true });
}

for (const button of document.querySelectorAll("button[data-pair]"))
  button.addEventListener("click", () => showPair(button.dataset.pair, button.getAttribute("aria-label").split(":")[0]));
byId("worst-all")?.addEventListener("click", () => showPair(null, ""));
for (const item of examples) {
  const button = item.querySelector("button");
  if (!button || !now.alive || !item.querySelector("canvas")) continue;
  button.hidden = false;
  button.addEventListener("click", () => explainMistake(item));
}
