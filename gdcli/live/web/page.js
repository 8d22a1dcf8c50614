// What textual.js leaves to the page: where the program is, how large a letter must be for 120 columns and 40 rows,
// that keys go to the program from the start, and a way to start it again.
const COLUMNS = 120;
const ROWS = 40;
const WIDTH = 0.6; // of a letter, in font sizes
const HEIGHT = 1.32;
const SMALLEST = 10;

const terminal = document.getElementById("terminal");
const asked = Number(new URLSearchParams(location.search).get("fontsize"));
const fitting = Math.floor(Math.min(innerWidth / COLUMNS / WIDTH, innerHeight / ROWS / HEIGHT));
terminal.dataset.fontSize = asked > 0 ? asked : Math.max(SMALLEST, fitting);
terminal.dataset.sessionWebsocketUrl = `ws://${location.host}${location.pathname}ws`; // with the token of this address

const drawn = new MutationObserver(() => {
  if (document.body.classList.contains("-first-byte")) {
    drawn.disconnect();
    terminal.querySelector("textarea").focus();
  }
});
drawn.observe(document.body, { attributeFilter: ["class"] });

document.getElementById("again").onclick = () => location.reload();
