// Messages as bubbles, with their buttons and what can be done to them.

import * as api from "./api.js";
import { element, formatted } from "./entities.js";

const time = (seconds) => new Date(seconds * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });

const SERVICE = {
  new_chat_members: (who) => `${who.map((user) => user.first_name).join(", ")} joined`,
  left_chat_member: (who) => `${who.first_name} left`,
  successful_payment: (paid) => `Paid ${paid.total_amount} ⭐`,
  forum_topic_created: (topic) => `Topic “${topic.name}” was made`,
  forum_topic_edited: (topic) => `The topic is now “${topic.name ?? "…"}”`,
  forum_topic_closed: () => "The topic was closed",
  forum_topic_reopened: () => "The topic was opened again",
};

function service(message) {
  const field = Object.keys(SERVICE).find((name) => name in message);
  return field && element("p", { className: "service" }, SERVICE[field](message[field]));
}

function file(id, icon, name, note) {
  const words = element("span", {}, name, element("small", {}, note));
  return element("a", { className: "file", href: api.fileUrl(id), download: name }, element("i", {}, icon), words);
}

function attachment(message) {
  if (message.photo) {
    const photo = message.photo.at(-1);
    return element("img", { className: "photo", src: api.fileUrl(photo.file_id), alt: message.caption ?? "Photo", width: photo.width, height: photo.height });
  }
  if (message.document) {
    return file(message.document.file_id, "📄", message.document.file_name ?? "file", `${message.document.file_size} B`);
  }
  if (message.voice) return element("audio", { controls: true, src: api.fileUrl(message.voice.file_id) });
  if (message.location) return element("p", {}, `📍 ${message.location.latitude}, ${message.location.longitude}`);
  if (message.contact) return element("p", {}, `👤 ${message.contact.first_name} ${message.contact.phone_number}`);
  if (message.invoice) return element("p", {}, element("b", {}, message.invoice.title), ` — ${message.invoice.total_amount} ⭐`);
  return null;
}

function keys(shown, page) {
  const rows = shown.deleted ? null : shown.reply_markup?.inline_keyboard;
  const pay = shown.message.invoice && !rows && [[{ text: `Pay ${shown.message.invoice.total_amount} ⭐`, pay: true }]];
  if (!rows && !pay) return null;
  const key = (button) => {
    if (button.url) return element("a", { href: button.url, target: "_blank", rel: "noopener noreferrer" }, `${button.text} ↗`);
    const made = element("button", { type: "button" }, button.text);
    made.onclick = async () => {
      made.classList.add("waiting");
      await (button.pay ? page.pay(shown) : page.press(shown, button.callback_data ?? button.text));
      made.classList.remove("waiting");
    };
    return made;
  };
  return element("div", { className: "keys" }, ...(rows || pay).map((row) => element("div", {}, ...row.map(key))));
}

function tools(shown, page) {
  const tool = (title, icon, onclick) => element("button", { type: "button", title, ariaLabel: title, onclick }, icon);
  const isMine = shown.from === page.user;
  return element("div", { className: "tools" },
    tool("Reply", "↩", () => page.reply(shown)),
    tool("React", "❤", () => page.react(shown)),
    isMine && tool("Edit", "✎", () => page.edit(shown)),
    tool("Delete", "✕", () => page.remove(shown)));
}

function before(shown) {
  if (!shown.versions.length) return null;
  const lines = shown.versions.map((old) => element("p", {}, `until ${time(old.until)}: ${old.text ?? old.caption ?? "…"}`));
  return element("details", { className: "before" }, element("summary", {}, `edited ${lines.length}×`), ...lines);
}

export function bubble(shown, page) {
  const { message } = shown;
  const note = service(message);
  if (note) return note;
  const isMine = shown.from === page.user && !message.sender_chat;
  const author = message.sender_chat?.title ?? message.from?.first_name;
  const origin = message.forward_origin;
  const from = origin && (origin.sender_user?.first_name ?? origin.chat?.title ?? origin.sender_chat?.title ?? origin.sender_user_name);
  const answered = message.reply_to_message;
  const text = message.text ?? message.caption;
  const reactions = Object.values(shown.reactions).flat().map((reaction) => element("span", {}, reaction.emoji));
  const meta = `${shown.deleted ? "deleted · " : ""}${message.edit_date && !shown.versions.length ? "edited · " : ""}${time(message.date)}`;
  const inside = element("div", { className: "bubble" },
    !isMine && page.chat !== page.user && element("div", { className: "name" }, author),
    from && element("div", { className: "name" }, `Forwarded from ${from}`),
    answered && element("span", { className: "reply" }, answered.text ?? answered.caption ?? "message"),
    attachment(message),
    text && formatted(text, message.entities ?? message.caption_entities, page.say),
    element("span", { className: "meta" }, meta),
    before(shown),
    reactions.length > 0 && element("div", { className: "reactions" }, ...reactions),
    !shown.deleted && tools(shown, page));
  const row = element("div", { className: "row" }, inside, keys(shown, page));
  row.classList.toggle("mine", isMine);
  row.classList.toggle("deleted", shown.deleted);
  return row;
}
