// The page: sends what people do, shows what comes over /events. Messages arrive as HTML made by the server.
"use strict";

const $ = (selector, within = document) => within.querySelector(selector);
const $$ = (selector, within = document) => [...within.querySelectorAll(selector)];
const narrow = matchMedia("(max-width: 47.5em), (max-width: 58.75em) and (max-height: 30em)");
const touch = matchMedia("(hover: none)");
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const unique = () => Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join("");
const page = unique();
const { language, private: within } = document.body.dataset;
const rooms = new Map($$(".room").map((element) => [element.id, new_room(element)]));
let since = document.body.dataset.since;
let source = null;
document.body.classList.add("live");

function new_room(element) {
  const form = $("form", element);
  return {
    id: element.id, element, form, box: form.elements.text, who: form.elements.person,
    log: $(".log", element), posts: $(".posts", element), jump: $(".jump", element), tries: $(".tries", element),
    suggestions: [...$(".tries", element).children], commands: null,
    context: null, // {thread, reply_to, edit, label}
    aside: null, // {text, context, deed} of what was half written when something else was put into the box
    put: "",
    following: true, bottom: true, top: 0, newest: null, unread: 0, unread_from: null, deed: null, sending: false,
    waiting: false, // what stands in the box goes by itself when there is a connection again
    file: null, // {of, deed} of what could not be sent
  };
}

// --- sending ---------------------------------------------------------------------------------------------------------

const PATIENCE = 30_000; // milliseconds for an answer; on a slow line one that never comes is no reason to wait for ever
const AGAIN = 10_000;

// What the server made of it, as its status; 0 without an answer, and then nobody knows.
async function ask(address, type, body, patience = PATIENCE) {
  const stop = new AbortController();
  const late = setTimeout(() => stop.abort(), patience);
  const headers = { "Content-Type": type };
  const response = await fetch(address, { method: "POST", headers, body, signal: stop.signal }).catch(() => null);
  clearTimeout(late);
  return response?.status ?? 0;
}

const unsure = (status) => status === 0 || status >= 500;

// Whether it was done; if not, the room says why.
function done(room, status) {
  const { failed, gone, tooLarge } = room.element.dataset;
  if (status >= 200 && status < 300) return true;
  toast(room, { 404: gone, 413: tooLarge }[status] ?? failed, true);
  return false;
}

function to(room, what, body) {
  return ask(`/api/chats/${room.id}/${what}`, "application/json", JSON.stringify({ person: room.who.value, ...body }));
}

async function attempt(room, what, body) {
  return done(room, await to(room, what, body));
}

// One thing at a time is sent from a room; what takes long says so.
async function sending(room, answer) {
  room.sending = true;
  room.form.classList.add("sending");
  toast(room, "");
  const slow = setTimeout(() => toast(room, room.element.dataset.sending, true), 1500);
  const status = await answer;
  clearTimeout(slow);
  toast(room, "");
  room.form.classList.remove("sending");
  room.sending = false;
  return status;
}

async function submit(room) {
  const text = room.box.value;
  if (!text.trim() || room.sending) return;
  room.deed ??= unique(); // the same name until it has arrived, so that trying again says nothing twice
  room.waiting = true;
  keep(room);
  const { thread, reply_to, edit } = room.context ?? {};
  const status = await sending(room, edit
    ? to(room, "edits", { message: edit, text })
    : to(room, "messages", { text, deed: room.deed, thread: thread ?? null, reply_to: reply_to ?? null }));
  room.waiting = unsure(status) && room.deed !== null;
  keep(room);
  if (room.waiting) {
    setTimeout(() => room.waiting && submit(room), AGAIN);
    return toast(room, room.element.dataset.waiting, true);
  }
  if (!done(room, status)) return;
  room.deed = null;
  said(room, text);
}

function said(room, text) {
  follow(room);
  empty(room, text);
  offer(room);
  set_context(room, room.context?.thread ? thread_context(room, room.context.thread) : null);
  take_up(room);
}

// A file goes at once, with what stands in the box under it.
async function send_file(room, input) {
  const [file] = input.files;
  input.value = "";
  if (!file) return;
  const { failed, waiting, emptyFile, largest } = room.element.dataset;
  if (room.sending) return toast(room, failed);
  if (room.waiting) return toast(room, waiting, true); // under the file the words would stand a second time
  if (!file.size) return toast(room, emptyFile, true);
  if (file.size > Number(largest)) return done(room, 413);
  const { thread, reply_to } = room.context ?? {};
  const text = room.box.value;
  const words = new TextEncoder().encode(text);
  const about = new URLSearchParams({ person: room.who.value, name: file.name, mime: file.type, words: words.length });
  if (thread) about.set("thread", thread);
  if (reply_to) about.set("reply_to", reply_to);
  const of = [about, text, file.size, file.lastModified].join("/");
  if (room.file?.of !== of) room.file = { of, deed: unique() }; // chosen again it says nothing twice
  about.set("deed", room.file.deed);
  const patience = 2 * PATIENCE + file.size / 4; // four bytes a millisecond: the slowest of lines
  const address = `/api/chats/${room.id}/files?${about}`;
  if (!done(room, await sending(room, ask(address, "application/octet-stream", new Blob([words, file]), patience)))) return;
  room.file = null;
  said(room, text);
}

function follow_link(address) {
  const room = rooms.get(address.hash.slice(1));
  const start = address.searchParams.get("start");
  if (!room) return false;
  if (start) attempt(room, "starts", { start, deed: unique() }).then((started) => started && forget_start());
  return true;
}

// Only then: who loads the page again because nothing came of it is still to be greeted.
function forget_start() {
  if (location.search) history.replaceState(null, "", `/${location.hash}`);
}

// --- the box ---------------------------------------------------------------------------------------------------------

function grow(box) {
  box.style.height = "auto";
  if (box.scrollHeight) box.style.height = `${box.scrollHeight + 2}px`; // none while its room is hidden
}

// What is not sent yet outlives a page that is loaded again: a phone with little memory does so by itself. It is kept
// for this tab alone, and gone with it.
function keep(room) {
  const { deed, waiting, context, aside, box, who } = room;
  try {
    const kept = { text: box.value, deed, waiting, context, aside, person: who.value };
    if (box.value || context || aside) sessionStorage.setItem(`draft-${room.id}`, JSON.stringify(kept));
    else sessionStorage.removeItem(`draft-${room.id}`);
  } catch {
    // storage is switched off or full: it lasts as long as the page
  }
}

// Other words are another message: they wait for whoever wrote them to press Send.
function unname(room) {
  room.deed = null;
  room.waiting = false;
  if (!room.sending) toast(room, "");
}

function bring_back(room) {
  try {
    const kept = JSON.parse(sessionStorage.getItem(`draft-${room.id}`));
    if (!kept) return;
    if (room.who.tagName === "SELECT") room.who.value = kept.person;
    room.box.value = kept.text;
    room.deed = kept.deed;
    room.waiting = kept.waiting;
    room.aside = kept.aside;
    const { thread, reply_to, edit } = kept.context ?? {};
    if (thread && !reply_to) set_context(room, thread_context(room, thread)); // in the language that the page speaks now
    else set_context(room, edit ? { edit, label: room.element.dataset.editing } : kept.context);
  } catch {
    // nothing that can be read
  }
}

// What was sent goes; what was typed behind it while it was on its way stays.
function empty(room, sent) {
  const { value } = room.box;
  if (value.startsWith(sent)) room.box.value = value.slice(sent.length).trimStart();
  grow(room.box);
  keep(room);
}

// A suggestion, a command: before what is written if it may go on, else in its place until it is sent.
function put(room, text) {
  const { value } = room.box;
  if (text.endsWith(" ") && value && !/^[!/]/.test(value)) return fill(room, text + value);
  set_aside(room);
  fill(room, text);
  room.put = text;
}

function set_aside(room) {
  const { box: { value }, context, deed } = room;
  if (value.trim() && value !== room.put && !/^[!/]\S*$/.test(value)) room.aside = { text: value, context, deed };
}

function take_up(room) {
  if (room.box.value || !room.aside) return;
  const { text, context, deed } = room.aside;
  room.aside = null;
  room.deed = deed; // it may have arrived already
  room.box.value = text;
  grow(room.box);
  set_context(room, context);
}

function fill(room, text) {
  room.box.value = text;
  unname(room);
  grow(room.box);
  keep(room);
  offer(room);
  room.box.focus();
  room.box.setSelectionRange(text.length, text.length);
}

// Where somebody is goes nowhere before they have read it in the box and press Send; the browser asks them before that.
const can_place = isSecureContext && "geolocation" in navigator;

function add_place(room) {
  navigator.geolocation.getCurrentPosition(({ coords }) => {
    const where = [coords.latitude, coords.longitude].map((degrees) => degrees.toFixed(5).replace(/^-(0\.0+)$/, "$1"));
    const near = coords.accuracy >= 1 ? ` (±${coords.accuracy.toFixed()} m)` : "";
    const map = `https://www.openstreetmap.org/?mlat=${where[0]}&mlon=${where[1]}#map=17/${where.join("/")}`;
    fill(room, [room.box.value.trimEnd(), `📍 ${where.join(", ")}${near}`, map].filter(Boolean).join("\n"));
  }, () => toast(room, room.element.dataset.unplaced), { timeout: 20_000 });
}

// Commands whose beginning is typed stand where the suggestions stand.
async function offer(room) {
  const typed = /^[!/](\S*)$/.exec(room.box.value);
  if (typed && room.commands === null) {
    room.commands = [];
    const response = await fetch(`/api/chats/${room.id}/commands?${new URLSearchParams({ language, private: within })}`).catch(() => null);
    if (response?.ok) room.commands = await response.json();
    return offer(room);
  }
  const fitting = typed ? room.commands.filter(([name]) => name.startsWith(typed[1])) : [];
  room.tries.replaceChildren(...(fitting.length ? fitting.map((entry) => command_button(typed[0][0], entry)) : room.suggestions));
}

function command_button(sign, [name, description]) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "command";
  button.dir = "auto";
  button.dataset.fill = `${sign}${name} `;
  const bold = document.createElement("b");
  bold.textContent = sign + name;
  button.append(bold, ` ${description}`);
  return button;
}

function set_context(room, context) {
  room.context = context;
  const banner = $(".context", room.form);
  banner.hidden = !context;
  $("span", banner).textContent = context?.label ?? "";
  room.box.setAttribute("aria-label", context ? `${room.element.dataset.write}: ${context.label}` : room.element.dataset.write);
  room.element.classList.toggle("in-thread", Boolean(context?.thread));
  for (const post of $$(".post.here", room.posts)) post.classList.remove("here");
  if (context?.thread) document.getElementById(`m${context.thread}`)?.classList.add("here");
  keep(room);
}

function thread_context(room, thread) {
  const name = $(`#m${thread} > .into`)?.dataset.name;
  const { inThread, inThisThread } = room.element.dataset;
  return { thread, label: name ? inThread.replace("{code}", name) : inThisThread };
}

// --- messages --------------------------------------------------------------------------------------------------------

const number = (post) => Number(post.id.slice(1));

function follow(room) {
  room.following = true;
  room.top = room.posts.scrollTop; // what was scrolled before is not going away
}

const last_post = (room) => $$(".post", room.posts).pop();

function show(room, html, quietly = false) {
  const template = document.createElement("template");
  template.innerHTML = html;
  const post = document.adoptNode(template.content.firstElementChild);
  const old = document.getElementById(post.id);
  dress(room, post);
  if (old) return renew(old, post);
  const root = post.dataset.thread && document.getElementById(`m${post.dataset.thread}`);
  const list = root ? $(".thread", root) : room.posts;
  const later = [...list.children].reverse().find((other) => number(other) < number(post));
  if (later) later.after(post);
  else list.prepend(post);
  if (quietly) return;
  post.classList.add("fresh");
  notice(room, post);
}

// Whether there were any.
async function show_earlier(room, button) {
  const response = await fetch(`/api/chats/${room.id}/earlier?${new URLSearchParams({ before: button.dataset.before, language, private: within })}`).catch(() => null);
  if (!response?.ok) {
    toast(room, room.element.dataset.failed);
    return false;
  }
  const { html, before } = await response.json();
  const under = room.posts.scrollHeight - room.posts.scrollTop;
  if (before) button.dataset.before = before;
  else button.parentElement.remove();
  for (const message of html) show(room, message, true);
  room.posts.scrollTop = room.posts.scrollHeight - under;
  if (!before) room.posts.focus({ preventScroll: true });
  return true;
}

// Its thread stays as it is, and its file: a picture does not come once more, and a voice is heard to its end.
function renew(old, post) {
  const held = old.contains(document.activeElement) && !$(".thread", old)?.contains(document.activeElement);
  const [was, is] = [old, post].map((within) => $(":scope > .message > .file", within));
  const playing = was?.paused === false;
  const same = was && is && (was.href ?? was.src) === (is.href ?? is.src);
  if (same) is.replaceWith(was);
  for (const part of [":scope > .message", ":scope > .into"]) $(part, old)?.replaceWith($(part, post));
  if (same && playing) was.play().catch(() => {});
  old.classList.remove("fresh");
  if (held) $(".message", old)?.focus({ preventScroll: true });
}

// What depends on who looks: whose message it is, which reactions are theirs, the clock of their zone.
function dress(room, within) {
  const me = room.who.value;
  for (const post of [...(within.matches?.(".post") ? [within] : []), ...$$(".post", within)])
    post.classList.toggle("mine", post.dataset.person === me);
  for (const button of $$("[data-react]", within)) {
    const on = button.dataset.people.includes(` ${me} `);
    button.classList.toggle("on", on);
    button.setAttribute("aria-pressed", on);
  }
  for (const command of $$(".bot > .message code, .bot > .message bdi.command", within))
    if (command.matches("code") ? /^[!/]\p{L}/u.test(command.textContent) : ends_line(command)) {
      command.setAttribute("role", "button");
      command.tabIndex = 0;
    }
  for (const time of $$("time", within)) time.textContent = when(new Date(time.dateTime), room.element.lang);
}

// The clock time, and the day of what was not today.
function when(at, language) {
  const clock = at.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
  const today = at.toDateString() === new Date().toDateString();
  return today ? clock : `${at.toLocaleDateString(language, { day: "numeric", month: "short" })} ${clock}`;
}

// Within a line nobody knows which of the words behind a command belong to it.
function ends_line(element) {
  const behind = element.nextSibling;
  return element.parentElement.matches(".text") && (!behind || behind.nodeType === Node.TEXT_NODE && behind.data.startsWith("\n"));
}

function notice(room, post) {
  const visible = !narrow.matches || room.element.classList.contains("shown");
  if (visible && room.following) bring(post);
  else if (!room.following) {
    room.newest = post.id;
    room.jump.hidden = false;
  }
  if (visible) return;
  room.unread_from ??= post.id;
  room.unread += 1;
  mark(room);
}

function mark(room) {
  const tab = $(`.tabs a[href="#${room.id}"]`);
  tab.classList.toggle("unread", room.unread > 0);
  tab.dataset.count = room.unread;
}

function bring(post, behavior = calm.matches ? "auto" : "smooth") {
  const list = post.closest(".posts");
  const whole = post.getBoundingClientRect().height < list.clientHeight; // one that is higher is read from its beginning
  const last = list.lastElementChild.contains(post) && !post.nextElementSibling?.matches(".post");
  if (last && whole) return list.scrollTo({ top: list.scrollHeight, behavior });
  const box = ($(":scope > .message", post) ?? post).getBoundingClientRect();
  const seen = list.getBoundingClientRect();
  const below = box.bottom + 48 - seen.bottom;
  const above = box.top - 12 - seen.top;
  const by = above < 0 ? above : below > 0 ? Math.min(below, above) : 0;
  if (by) list.scrollBy({ top: by, behavior });
}

function point_at(post) {
  if (!post) return;
  post.classList.remove("fresh");
  requestAnimationFrame(() => post.classList.add("fresh"));
  bring(post);
  $(".message", post)?.focus({ preventScroll: true });
}

// What is quoted may be older than what the page began with.
async function point_back(room, id) {
  let more;
  while (!document.getElementById(id) && (more = $(".earlier button", room.posts)))
    if (!(await show_earlier(room, more))) return;
  point_at(document.getElementById(id));
}

// --- what stands at the top ------------------------------------------------------------------------------------------

function show_pins(room, html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  const before = $(".pins", room.element);
  const held = before.contains(document.activeElement);
  const unfolded = before.classList.contains("unfolded");
  before.replaceWith(template.content.firstElementChild);
  unfold(room, unfolded);
  if (held) room.posts.focus({ preventScroll: true });
}

function unfold(room, all) {
  const pins = $(".pins", room.element);
  pins.classList.toggle("unfolded", all);
  $("button", pins)?.setAttribute("aria-expanded", all);
}

function toast(room, text, stays = false) {
  const place = $(".toast", room.element);
  place.textContent = text;
  clearTimeout(room.toasted);
  if (!stays) room.toasted = setTimeout(() => { place.textContent = ""; }, 7000);
}

// --- what comes over /events ------------------------------------------------------------------------------------------

const SILENCE = 40_000; // milliseconds; a phone that has changed its network may not be told that a connection is dead
let silence = null;

function alive() {
  clearTimeout(silence);
  silence = setTimeout(() => { lost(); listen(); }, SILENCE);
}

function listen() {
  source?.close();
  alive();
  source = new EventSource(`/events?${new URLSearchParams({ page, language, private: within, since })}`);
  source.onopen = () => {
    alive();
    offline.textContent = "";
    for (const room of rooms.values()) if (room.waiting) submit(room);
  };
  source.onerror = () => {
    lost();
    if (source.readyState === EventSource.CLOSED) setTimeout(listen, 2000);
  };
  source.addEventListener("alive", alive);
  const on = (name, act) => source.addEventListener(name, (event) => {
    alive();
    if (event.lastEventId) since = event.lastEventId;
    const data = JSON.parse(event.data);
    const room = rooms.get(data.chat);
    if (room) act(room, data);
  });
  on("message", (room, data) => show(room, data.html));
  on("chat", (room, data) => {
    $(".absent", room.element).hidden = !data.absent;
    show_pins(room, data.pins);
  });
  on("toast", (room, data) => toast(room, data.text));
}

const offline = document.getElementById("offline");

function lost() {
  offline.textContent = offline.dataset.text;
}

// A hidden page lets its connection go after a while: a browser has only six for one address.
let resting = null;
document.addEventListener("visibilitychange", () => {
  clearTimeout(resting);
  if (document.hidden) resting = setTimeout(() => { clearTimeout(silence); source.close(); source = null; }, 60_000);
  else if (!source) listen();
});

// --- which room ------------------------------------------------------------------------------------------------------

function show_room() {
  const wanted = location.hash.slice(1);
  const id = rooms.has(wanted) ? wanted : "start";
  for (const element of [intro, ...$$(".room")]) element.classList.toggle("shown", element.id === id);
  for (const tab of $$(".tabs a")) {
    const current = tab.hash === `#${id}`;
    if (current) tab.setAttribute("aria-current", "true");
    else tab.removeAttribute("aria-current");
    if (current) tab.scrollIntoView({ block: "nearest", inline: "center" });
  }
  if (narrow.matches) intro.open = true;
  const room = rooms.get(id);
  if (!room) return;
  if (room.following) read_on(room);
  room.unread = 0;
  room.unread_from = null;
  mark(room);
  attend(room);
  grow(room.box);
}

// At the end, or where what is new begins.
function read_on(room) {
  room.top = 0;
  room.posts.scrollTop = room.posts.scrollHeight;
  const first = document.getElementById(room.unread_from);
  if (first) bring(first, "auto");
}

// A screen reader follows one room at a time.
function attend(room) {
  for (const other of rooms.values()) other.log.setAttribute("aria-live", other === room ? "polite" : "off");
}

const intro = document.getElementById("start");
try {
  intro.open = localStorage.getItem("intro") !== "closed";
  intro.addEventListener("toggle", () => {
    if (!narrow.matches) localStorage.setItem("intro", intro.open ? "open" : "closed");
  });
} catch {
  // storage is switched off: the introduction is open each time
}

// --- what people do --------------------------------------------------------------------------------------------------

// Nothing brings back what is deleted: the first press only shows the word for it, the next one does it.
function sure(button) {
  if (button.getAttribute("aria-pressed") === "true") return true;
  button.setAttribute("aria-pressed", "true");
  button.focus(); // which a finger alone does not do everywhere
  button.addEventListener("blur", () => button.removeAttribute("aria-pressed"), { once: true });
  return false;
}

function act(room, button) {
  const post = button.closest(".post");
  const id = post && number(post);
  const thread = post?.dataset.thread ? Number(post.dataset.thread) : undefined;
  switch (button.dataset.act) {
    case "stop": {
      if (room.context?.edit) fill(room, "");
      set_context(room, null);
      take_up(room);
      return room.box.focus();
    }
    case "write": return room.box.focus();
    case "place": return add_place(room);
    case "pins": return unfold(room, button.getAttribute("aria-expanded") !== "true");
    case "pin": return attempt(room, "pins", { message: id, on: button.getAttribute("aria-pressed") !== "true" });
    case "invite": return attempt(room, "invitations", {});
    case "delete": return sure(button) && attempt(room, "withdrawals", { message: id });
    case "thread": set_context(room, thread_context(room, id)); return room.box.focus();
    case "reply": {
      const label = room.element.dataset.answering.replace("{name}", $(".who", post).textContent);
      set_context(room, { thread, reply_to: id, label });
      return room.box.focus();
    }
    case "edit": {
      if (!room.context?.edit) set_aside(room);
      set_context(room, { edit: id, label: room.element.dataset.editing });
      return fill(room, $(".text", post).textContent);
    }
  }
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href]");
  const again = event.detail > 1; // the second tap of two, which may meet what has come there meanwhile
  if (again && (link?.origin === location.origin || event.target.closest("button"))) return event.preventDefault();
  if (link?.classList.contains("quoted")) {
    event.preventDefault();
    return point_back(rooms.get(link.closest(".room").id), link.hash.slice(1));
  }
  if (link?.hreflang) return (link.hash = location.hash); // the same room in another language
  if (link?.origin === location.origin && link.hash && link.pathname === "/" && rooms.has(link.hash.slice(1))) {
    event.preventDefault();
    follow_link(new URL(link.href));
    open_room(link.hash.slice(1));
    if (link.dataset.fill) put(rooms.get(link.hash.slice(1)), link.dataset.fill);
    return;
  }
  const command = event.target.closest(".text [role=button]");
  if (command && getSelection().isCollapsed) return put(rooms.get(command.closest(".room").id), command.textContent);
  const button = event.target.closest("button");
  const room = button && rooms.get(button.closest(".room")?.id);
  if (!room) return;
  const message = () => number(button.closest(".post"));
  if (button.dataset.act) act(room, button);
  else if (button.dataset.choice) {
    if (button.closest(".post") === last_post(room)) follow(room); // who has pressed there waits for an answer
    button.classList.add("pressed");
    attempt(room, "presses", { message: message(), choice: button.dataset.choice, page, deed: unique() })
      .then((done) => done || button.classList.remove("pressed"));
  } else if (button.dataset.react) {
    const on = button.getAttribute("aria-pressed") !== "true";
    attempt(room, "reactions", { message: message(), emoji: button.dataset.react, on });
  } else if (button.dataset.before) show_earlier(room, button);
  else if (button.dataset.fill) put(room, button.dataset.fill);
  else if (button === room.jump) {
    follow(room);
    room.jump.hidden = true;
    point_at(document.getElementById(room.newest));
  }
});

// A command that the bot shows is put into the box by a tap, or by the keyboard.
document.addEventListener("keydown", (event) => {
  if (!["Enter", " "].includes(event.key) || !event.target.matches(".text [role=button]")) return;
  event.preventDefault();
  event.target.click();
});

function open_room(id) {
  if (location.hash !== `#${id}`) history.pushState(null, "", `#${id}`);
  show_room();
  rooms.get(id).element.scrollIntoView({ block: "nearest" });
}

for (const room of rooms.values()) {
  bring_back(room);
  dress(room, room.posts);
  room.posts.scrollTop = room.posts.scrollHeight;
  room.form.addEventListener("submit", (event) => { event.preventDefault(); submit(room); });
  room.box.addEventListener("input", () => { unname(room); grow(room.box); keep(room); offer(room); });
  room.box.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing && !touch.matches) {
      event.preventDefault();
      submit(room);
    } else if (event.key === "Escape" && room.context) act(room, $("[data-act=stop]", room.form));
  });
  for (const place of $$("[data-act=place]", room.form)) place.hidden = !can_place;
  const attach = $(".attach input", room.form);
  attach.addEventListener("change", () => send_file(room, attach));
  room.who.addEventListener("change", () => { dress(room, room.posts); keep(room); });
  room.element.addEventListener("focusin", () => attend(room));
  room.posts.addEventListener("scroll", () => {
    const { scrollTop, scrollHeight, clientHeight } = room.posts;
    room.bottom = scrollHeight - scrollTop - clientHeight < 40;
    if (room.bottom) room.jump.hidden = true;
    // Upwards goes only who reads there: by wheel, finger, key or scroll bar, or to what is quoted.
    if (room.bottom || scrollTop < room.top) room.following = room.bottom;
    room.top = scrollTop;
  });
  // A picture takes up its place when it is there.
  for (const there of ["load", "loadedmetadata"]) room.posts.addEventListener(there, ({ target }) => {
    const post = target.closest(".post");
    if (!room.following || !target.matches("img, audio, video")) return; // an icon tells of itself as well
    if (post === last_post(room)) bring(post);
    else if (room.bottom) room.posts.scrollTop = room.posts.scrollHeight;
  }, true);
  new ResizeObserver(() => { if (room.bottom) room.posts.scrollTop = room.posts.scrollHeight; }).observe(room.posts);
}

// Threads of the messages that the page began with stand under their first message.
for (const post of $$(".post[data-thread]")) {
  const place = $(`#m${post.dataset.thread} > .thread`);
  if (place && post.parentElement !== place) place.append(post);
}
for (const room of rooms.values()) room.posts.scrollTop = room.posts.scrollHeight;

addEventListener("hashchange", show_room);
addEventListener("popstate", show_room);
// A phone that is turned, a window that gets small: the chat one is in is the one that stays, and so does the focus,
// which a browser may have taken already from what is out of sight for a moment.
let focused = null;
document.addEventListener("focusin", ({ target }) => { focused = target; });
document.addEventListener("focusout", ({ target }) => { if (target.offsetParent) focused = null; });
narrow.addEventListener("change", () => {
  const at = focused?.closest(".room");
  if (at && narrow.matches) history.replaceState(null, "", `#${at.id}`);
  show_room();
  if (at && document.activeElement === document.body) focused.focus({ preventScroll: true });
});
const here = new URL(location.href);
if (follow_link(here) && !here.searchParams.get("start")) forget_start();
show_room();
listen();
