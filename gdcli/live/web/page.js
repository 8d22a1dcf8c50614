// What textual.js leaves to the page: where the program is, letters as large as 120 columns and 40 rows allow, a run
// that goes on when the page is loaded again, downloads, and what is said when it ends.
const COLUMNS = 120;
const ROWS = 40;
const WIDTH = 0.6; // of a letter, in font sizes
const HEIGHT = 1.32;
const SMALLEST = 10;
const KEPT = "gdcli"; // in the tab's own storage

const terminal = document.getElementById("terminal");
const said = document.body.dataset; // in the language of the page
const address = new URLSearchParams(location.search);
const asked = Number(address.get("fontsize"));
const tab = storage();
const kept = JSON.parse(tab?.getItem(KEPT) ?? "{}");
// While a page is open its session stands nowhere: a copy of the tab finds none, and begins one of its own.
tab?.removeItem(KEPT);
let session = kept.settings === settings() ? kept.session : ""; // another address asks for another run
let shown; // textual.js's view of the terminal

function storage() {
  try {
    return sessionStorage;
  } catch {
    return null; // a browser that keeps nothing: each page is a new run
  }
}

function settings() {
  const query = new URLSearchParams(location.search);
  query.delete("fontsize");
  return query.toString();
}

function fontSize() {
  const fitting = Math.floor(Math.min(innerWidth / COLUMNS / WIDTH, innerHeight / ROWS / HEIGHT));
  return asked > 0 ? asked : Math.max(SMALLEST, fitting);
}

function follow() {
  if (shown && Number(shown.terminal.options.fontSize) !== fontSize()) {
    shown.terminal.options.fontSize = fontSize();
    shown.fit();
  }
}

function download({ name, text }) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "image/svg+xml" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

function setAddress(query) {
  const parts = [query, asked > 0 ? `fontsize=${asked}` : ""].filter(Boolean);
  history.replaceState(null, "", location.pathname + (parts.length ? `?${parts.join("&")}` : ""));
}

function end(title, words, button = said.again) {
  document.getElementById("title").textContent = title;
  document.getElementById("words").textContent = words;
  document.getElementById("again").textContent = button;
  document.body.classList.add("-closed");
}

const heard = {
  session: (name) => (session = name),
  address: setAddress,
  picture: download,
  moved: () => end(said.elsewhere, "", said.here),
  ended: (words) => {
    session = "";
    const lines = words.split("\n").filter((line) => line.startsWith("rerun: "));
    const commands = lines.map((line) => line.slice("rerun: ".length));
    const heading = [said.ended, said.command][lines.length] ?? said.commands;
    end(heading, commands.join("\n") || words);
  },
};

async function lost(opened) {
  const answer = await fetch(`room${location.search}`).catch(() => null);
  if (answer === null) end(said.gone, "");
  else if (!answer.ok) end(said.refused, await answer.text());
  else end(said.lost, "", opened ? said.on : said.again);
}

// textual.js opens it, and knows of no settings or sessions.
window.WebSocket = class extends WebSocket {
  constructor(url) {
    super(`${url}&session=${session}${location.search.replace("?", "&")}`);
    let opened = false;
    let told = false;
    this.addEventListener("open", () => (opened = true));
    this.addEventListener("message", ({ data }) => {
      if (typeof data !== "string") return;
      const [kind, what] = JSON.parse(data);
      told = told || kind === "moved" || kind === "ended";
      if (Object.hasOwn(heard, kind)) heard[kind](what);
    });
    this.addEventListener("close", () => told || lost(opened));
  }
};

// textual.js keeps the terminal to itself: this is the moment in which it makes one.
Object.defineProperty(Object.prototype, "fitAddon", {
  configurable: true,
  set(addon) {
    delete Object.prototype.fitAddon;
    this.fitAddon = addon;
    shown = this;
  },
});

terminal.dataset.fontSize = fontSize();
terminal.dataset.sessionWebsocketUrl = `ws://${location.host}${location.pathname}ws`; // with the token of this address

const drawn = new MutationObserver(() => {
  if (document.body.classList.contains("-first-byte")) {
    drawn.disconnect();
    terminal.querySelector("textarea").focus();
  }
});
drawn.observe(document.body, { attributeFilter: ["class"] });

addEventListener("resize", follow);
addEventListener("pagehide", () => {
  if (session) tab?.setItem(KEPT, JSON.stringify({ session, settings: settings() }));
});
addEventListener("pageshow", (event) => event.persisted && location.reload());
document.getElementById("again").onclick = () => location.reload();
