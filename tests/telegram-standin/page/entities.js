// A text with entities as elements. Words are only ever put in as text.

const TAGS = {
  bold: "b", italic: "i", underline: "u", strikethrough: "s", code: "code", pre: "pre",
  blockquote: "blockquote", expandable_blockquote: "blockquote",
};
const OPENED = /^(https?|tg|mailto):/i;

export function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

function link(url, words) {
  const safe = OPENED.test(url) ? url : `https://${url}`;
  return element("a", { href: safe, target: "_blank", rel: "noopener noreferrer" }, ...words);
}

function dress(entity, text, children, onCommand) {
  switch (entity.type) {
    case "text_link": return link(entity.url, children);
    case "url": return link(text, children);
    case "email": return link(`mailto:${text}`, children);
    case "spoiler": {
      const hidden = element("span", { className: "spoiler", tabIndex: 0 }, ...children);
      hidden.onclick = () => hidden.classList.add("open");
      return hidden;
    }
    case "bot_command": return element("button", { type: "button", className: "link", onclick: () => onCommand(text) }, ...children);
    case "mention": case "hashtag": case "cashtag": case "text_mention":
      return element("span", { className: "link" }, ...children);
    default: return element(TAGS[entity.type] ?? "span", {}, ...children);
  }
}

// Entities nest; JavaScript counts strings in UTF-16 units, as Telegram does.
function pieces(text, entities, from, to, onCommand) {
  const made = [];
  let at = from;
  let rest = entities;
  while (rest.length) {
    const [first, ...others] = rest;
    const end = Math.min(first.offset + first.length, to);
    if (first.offset > at) made.push(text.slice(at, first.offset));
    const start = Math.max(first.offset, at);
    const inside = others.filter((entity) => entity.offset < end);
    rest = others.filter((entity) => entity.offset >= end);
    const children = pieces(text, inside, start, end, onCommand);
    made.push(dress(first, text.slice(start, end), children, onCommand));
    at = Math.max(at, end);
  }
  if (at < to) made.push(text.slice(at, to));
  return made;
}

export function formatted(text, entities = [], onCommand = () => {}) {
  return element("div", { className: "words" }, ...pieces(text, entities, 0, text.length, onCommand));
}
