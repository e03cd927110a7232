// The page: who you are, which chat you look at, and what is new.

import * as api from "./api.js";
import { bubble } from "./bubbles.js";
import { Composer } from "./composer.js";
import { element } from "./entities.js";

const $ = (id) => document.getElementById(id);
const TYPING_MS = 5000;
const TOAST_MS = 4000;
const ACTIONS = { typing: "is typing…", upload_photo: "sends a photo…", upload_document: "sends a file…" };

const page = {
  users: [], chats: [], bot: null, user: null, chat: null,
  say: (text, replyTo) => attempt(() => api.say(page.chat, page.user, text, replyTo)),
  start: () => attempt(() => api.start(page.user)),
  change: (shown, text) => attempt(() => api.edit(shown.chat, shown.id, page.user, text)),
  remove: (shown) => attempt(() => api.remove(shown.chat, shown.id)),
  react: (shown) => attempt(() => api.react(shown.chat, shown.id, page.user, shown.reactions[page.user] ? null : "❤")),
  pay: (shown) => attempt(() => api.pay(shown.chat, shown.id, page.user)),
  sendFile: (file, caption) => attempt(() => api.sendFile(page.chat, page.user, file, caption)),
  reply: (shown) => composer.intend({ shown }),
  edit: (shown) => composer.intend({ shown, edits: true }),
  press: (shown, button) => attempt(async () => {
    const answer = await api.press(shown.chat, shown.id, page.user, button);
    if (!answer.text) return;
    if (answer.show_alert) tell(answer.text);
    else toast(answer.text);
  }),
};
const composer = new Composer(page);

async function attempt(work) {
  try { return await work(); } catch (error) { toast(error.message); }
}

let toastEnds;
function toast(text) {
  clearTimeout(toastEnds);
  $("toast").textContent = text;
  $("toast").hidden = false;
  toastEnds = setTimeout(() => { $("toast").hidden = true; }, TOAST_MS);
}

function tell(text) {
  $("alert").querySelector("p").textContent = text;
  $("alert").showModal();
}

const hue = (id) => (Math.abs(id) * 47) % 360;
const person = () => page.users.find(({ user }) => user.id === page.user);
const isPrivate = () => page.chat === page.user;

// The private chat with the bot is there before the first message.
function places() {
  const inside = ({ chat, members }) =>
    chat.type !== "private" && ["creator", "administrator", "member"].includes(members[page.user]);
  const others = page.chats.filter(inside).map(({ chat, member_count: count }) =>
    ({ id: chat.id, title: chat.title, note: `${chat.type}, ${count.toLocaleString()} members` }));
  const name = page.bot.username ? `@${page.bot.username}` : "";
  return [{ id: page.user, title: page.bot.first_name, note: `bot ${name}` }, ...others];
}

function avatar(made, { id, title }) {
  made.className = "avatar";
  made.textContent = [...title][0];
  made.style.setProperty("--hue", hue(id === page.user ? page.bot.id + 4 : id));
  return made;
}

async function showLists() {
  const [users, chats] = await Promise.all([api.users(), api.chats()]);
  page.users = users.filter(({ user }) => !user.is_bot);
  page.bot = users.find(({ user }) => user.is_bot).user;
  page.chats = chats;
  if (!page.users.length) return;
  const asked = new URLSearchParams(location.hash.slice(1));
  if (!person()) page.user = Number(asked.get("user")) || page.users[0].user.id;
  if (!person()) page.user = page.users[0].user.id;
  page.chat ??= Number(asked.get("chat")) || page.user;
  const option = ({ user }) => element("option", { value: user.id, selected: user.id === page.user },
    `${user.first_name}${user.language_code ? ` · ${user.language_code}` : ""}`);
  $("who").replaceChildren(...page.users.map(option));
  showPlaces();
  await showChat();
}

function showPlaces() {
  const list = places();
  if (!list.some(({ id }) => id === page.chat)) page.chat = page.user;
  $("chats").replaceChildren(...list.map((place) => {
    const words = element("div", {}, element("b", {}, place.title), element("small", {}, place.note));
    const line = element("button", { type: "button" }, avatar(element("div"), place), words);
    if (place.id === page.chat) line.setAttribute("aria-current", "true");
    line.onclick = () => { page.chat = place.id; showPlaces(); attempt(showChat); };
    return line;
  }));
  const here = list.find(({ id }) => id === page.chat);
  $("title").textContent = here.title;
  $("subtitle").textContent = here.note;
  avatar($("avatar"), here);
  $("block").hidden = !isPrivate();
  $("block").textContent = person().blocked ? "Unblock" : "Block the bot";
  $("block").onclick = () => attempt(() => api.block(page.user, !person().blocked));
}

async function showChat() {
  const chat = page.chat;
  const [transcript, commands] = await Promise.all([api.transcript(chat), api.menu(chat, page.user)]);
  if (chat !== page.chat) return;
  const list = $("bubbles");
  const isAtEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 120;
  const isOther = list.dataset.chat !== String(chat);
  list.dataset.chat = chat;
  list.replaceChildren(...transcript.map((shown) => bubble(shown, page)));
  const isNew = isPrivate() && !transcript.some(({ deleted }) => !deleted);
  $("start").hidden = !isNew && !(isPrivate() && person().blocked);
  $("start").textContent = isNew ? "START" : "RESTART";
  for (const id of ["menu-button", "attach", "text", "send"]) $(id).hidden = !$("start").hidden;
  composer.commands = commands;
  composer.showMenu();
  composer.showKeyboard(transcript);
  if (isAtEnd || isOther) list.scrollTop = list.scrollHeight;
}

let typingEnds;
function showAction({ chat, action }) {
  if (chat !== page.chat) return;
  clearTimeout(typingEnds);
  $("subtitle").textContent = `${page.bot.first_name} ${ACTIONS[action] ?? action}`;
  typingEnds = setTimeout(showPlaces, TYPING_MS);
}

$("who").onchange = () => {
  page.user = Number($("who").value);
  page.chat = page.user;
  showPlaces();
  attempt(showChat);
};

function hear(news) {
  if (news.kind === "action") showAction(news);
  else if (news.kind === "lists") attempt(showLists);
  else if (news.chat === page.chat) { clearTimeout(typingEnds); showPlaces(); attempt(showChat); }
}

// `#still` shows the page once, for screenshots: a browser without a head waits for open connections.
if (new URLSearchParams(location.hash.slice(1)).has("still")) attempt(showLists);
else api.listen(hear);
