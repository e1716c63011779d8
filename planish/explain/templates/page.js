// Draws everything, and again when the width, the colours or the medium change.

function paintAll() {
  theme = themeColours();
  if (byId("input-picture")) paintImage(byId("input-picture"), 220);
  if (data.image) paintPad();
  paintSaliency();
  paintFilters();
  for (const canvas of document.querySelectorAll("canvas[data-layer]")) paintLayer(canvas);
  paintUnrolling();
  paintClass();
  showSum();
  paintMistakes();
}

let paintedWidth = 0;
let waiting = 0;

function paintForWidth() {
  if (document.documentElement.clientWidth === paintedWidth) return;
  paintedWidth = document.documentElement.clientWidth;
  paintAll();
}

window.addEventListener("resize", () => {
  clearTimeout(waiting);
  waiting = setTimeout(paintForWidth, 120);
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", paintAll);

// Paper is narrower than most screens, and always light.
for (const [event, printing] of [["beforeprint", true], ["afterprint", false]]) {
  window.addEventListener(event, () => {
    document.documentElement.classList.toggle("paper", printing);
    paintAll();
  });
}

// What adds most to the answer is a better beginning than a corner of the image.
if (classes.length) chosen.key = classes[0].contributions.reduce((most, value, key, all) => (value > all[most] ? key : most), 0);
paintForWidth();
