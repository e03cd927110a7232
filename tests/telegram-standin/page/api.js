// The control API of the stand-in, as the page uses it.

async function order(method, path, body, raw) {
  const response = await fetch(`/standin/${path}`, {
    method,
    headers: body && !raw ? { "content-type": "application/json" } : {},
    body: raw ? body : body && JSON.stringify(body),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error ?? answer.description ?? response.statusText);
  return answer;
}

const message = (chat, id) => `chats/${chat}/messages/${id}`;

export const users = () => order("GET", "users");
export const chats = () => order("GET", "chats");
export const transcript = (chat) => order("GET", `chats/${chat}/transcript`);
export const menu = (chat, user) => order("GET", `chats/${chat}/menu?user=${user}`);
export const say = (chat, from, text, reply_to) => order("POST", `chats/${chat}/messages`, { from, text, reply_to });
export const edit = (chat, id, from, text) => order("PATCH", message(chat, id), { from, text });
export const remove = (chat, id) => order("DELETE", message(chat, id));
export const press = (chat, id, from, button) => order("POST", `${message(chat, id)}/press`, { from, button });
export const react = (chat, id, from, emoji) => order("PUT", `${message(chat, id)}/reaction`, { from, emoji });
export const pay = (chat, id, from) => order("POST", `${message(chat, id)}/pay`, { from });
export const start = (user) => order("POST", `users/${user}/start`);
export const block = (user, on) => order("POST", `users/${user}/${on ? "block" : "unblock"}`);

export function sendFile(chat, from, file, caption) {
  const kind = /^image\/(png|jpeg|webp)$/.test(file.type) ? "photo" : "document";
  const query = new URLSearchParams({ from, kind, name: file.name, caption });
  if (file.type) query.set("mime_type", file.type);
  return order("POST", `chats/${chat}/files?${query}`, file, true);
}

export const fileUrl = (id) => `/standin/files/${encodeURIComponent(id)}`;

export function listen(tell) {
  const news = new EventSource("/standin/events");
  news.onmessage = (event) => tell(JSON.parse(event.data));
}
