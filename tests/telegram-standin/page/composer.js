// Where people write: text, files, commands of the bot, its reply keyboards.

import { element } from "./entities.js";

const $ = (id) => document.getElementById(id);

export class Composer {
  constructor(page) {
    this.page = page;
    this.commands = [];
    this.intent = null;
    $("composer").onsubmit = (event) => { event.preventDefault(); this.submit(); };
    $("text").oninput = () => this.showMenu();
    $("text").onkeydown = (event) => this.key(event);
    $("menu-button").onclick = () => this.showMenu($("menu").hidden);
    $("attach").onclick = () => $("file").click();
    $("file").onchange = () => this.attach($("file").files);
    $("start").onclick = () => page.start();
    $("note").querySelector("button").onclick = () => this.intend(null);
    document.addEventListener("paste", (event) => this.attach(event.clipboardData.files));
  }

  key(event) {
    if (event.key === "Escape") this.intend(null);
    if (event.key === "Tab" && !$("menu").hidden) {
      event.preventDefault();
      $("menu").querySelector("button")?.click();
    }
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.submit();
    }
  }

  // What the next text is for: an answer to a message, or its new words.
  intend(intent) {
    this.intent = intent;
    $("note").hidden = !intent;
    if (!intent) return;
    const words = intent.shown.text || "message";
    $("note").querySelector("span").textContent = `${intent.edits ? "Editing" : "Answering"}: ${words}`;
    if (intent.edits) $("text").value = intent.shown.text;
    $("text").focus();
  }

  async submit() {
    const text = $("text").value.trim();
    if (!text) return;
    const { intent } = this;
    $("text").value = "";
    this.intend(null);
    this.showMenu();
    await (intent?.edits ? this.page.change(intent.shown, text) : this.page.say(text, intent?.shown.id));
  }

  async attach(files) {
    for (const file of files) await this.page.sendFile(file, $("text").value.trim());
    if (files.length) $("text").value = "";
    $("file").value = "";
  }

  // `isAsked`: by the button; otherwise a slash at the start opens it.
  showMenu(isAsked = false) {
    const typed = /^\/(\w*)$/.exec($("text").value)?.[1];
    const matching = this.commands.filter(({ command }) => command.startsWith(typed ?? ""));
    $("menu").hidden = !(isAsked || typed !== undefined) || !matching.length;
    $("menu").replaceChildren(...matching.map(({ command, description }, index) => {
      const line = element("button", { type: "button" }, element("b", {}, `/${command}`), element("span", {}, description));
      line.classList.toggle("first", index === 0);
      line.onclick = () => { $("text").value = ""; this.showMenu(); this.page.say(`/${command}`); };
      return line;
    }));
  }

  // The last keyboard that the bot sent, unless it took it away.
  showKeyboard(transcript) {
    const last = transcript.findLast(({ deleted, reply_markup: it }) => !deleted && (it?.keyboard || it?.remove_keyboard));
    const rows = last?.reply_markup.keyboard;
    $("reply-keyboard").hidden = !rows;
    if (!rows) return;
    const key = (button) => {
      const text = button.text ?? button;
      return element("button", { type: "button", onclick: () => this.page.say(text) }, text);
    };
    const all = rows.map((row) => element("div", {}, ...row.map(key)));
    $("reply-keyboard").replaceChildren(element("div", { className: "keys" }, ...all));
  }
}
