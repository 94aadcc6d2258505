/* Somebody plays WeChat: every act goes to the stand-in, which tells the product as WeChat would. */
"use strict";

const $ = (id) => document.getElementById(id);
const COLOURS = ["#b4384f", "#2f7bd9", "#b45f06", "#8a4fc7", "#c2410c", "#0f766e"];
/* A real template has labels of its own; here the kind of a field is what is known. */
const LABELS = {
  thing: "内容", time: "时间", date: "日期", number: "数目", character_string: "编号", phrase: "状态", name: "姓名",
  amount: "金额", phone_number: "电话", car_number: "车牌",
};
const state = { people: [], who: "", seen: "", open: -1 };

async function ask(path, body) {
  const reply = await fetch(`/__sandbox__/${path}`, body === undefined ? {} : { method: "POST", body: body instanceof Blob ? body : JSON.stringify(body) });
  const found = await reply.json();
  if (found?.errcode) throw new Error(`${found.errmsg.split(" rid:")[0]}（${found.errcode}）`);
  return found;
}

function make(tag, props = {}, ...inside) {
  const element = Object.assign(document.createElement(tag), props);
  for (const [name, value] of Object.entries(props.data ?? {})) element.dataset[name] = value;
  element.append(...inside);
  return element;
}

function toast(text) {
  $("toast").textContent = text;
  $("toast").classList.add("on");
  clearTimeout(toast.timer);
  toast.timer = setTimeout(() => $("toast").classList.remove("on"), 4000);
}

function visit(link) {
  /* A link of the menu or a code: as this person, in a window of a phone's size. */
  if (!window.open(link, "_blank", "width=390,height=800")) toast("浏览器拦截了新窗口，请允许本页弹出窗口");
}

/* `link`: known before asking, so that the window opens within the press and no browser blocks it. */
async function act(what, more = {}, link = undefined) {
  if (link) visit(link);
  try {
    const done = await ask("act", { persona: state.who, do: what, ...more });
    if (done.note) toast(done.note);
    if (done.open && done.open !== link) visit(done.open);
    if (done.delivered === "failed" || done.delivered === "garbage") toast("视频办没有按规则应答，请看它的日志");
  } catch (fault) {
    toast(fault.message);
  }
  state.seen = ""; // draw it anew: an open menu closes
  await refresh();
}

function face(person) {
  const element = make("span", { className: "face", ariaHidden: "true", textContent: person.name.at(-1) });
  element.style.setProperty("--face", COLOURS[state.people.indexOf(person) % COLOURS.length]);
  return element;
}

function drawPeople() {
  $("people").replaceChildren(...state.people.map((person) => make("button", {
    type: "button", className: "person", role: "radio", ariaChecked: String(person.key === state.who),
    data: { test: `persona-${person.key}` }, onclick: () => choose(person.key),
  }, face(person), make("b", { textContent: person.name }), make("span", { textContent: person.phone }))));
}

function choose(key) {
  state.who = key;
  state.seen = "";
  state.open = -1;
  document.cookie = `persona=${key}; path=/; SameSite=Lax`; // the authorisation page then knows whose phone it is
  $("whose").textContent = `${me().name} 的手机`;
  drawPeople();
  return refresh();
}

const me = () => state.people.find((person) => person.key === state.who);

/* The account's words may hold <a href="…">: shown as something to tap, everything else as text. */
function speech(text) {
  const parts = [];
  let last = 0;
  for (const found of text.matchAll(/<a href="([^"]+)"[^>]*>([^<]*)<\/a>/g)) {
    parts.push(text.slice(last, found.index));
    parts.push(make("button", { type: "button", textContent: found[2], onclick: () => visit(found[1]) }));
    last = found.index + found[0].length;
  }
  return [...parts, text.slice(last)];
}

function bubble(line) {
  if (line.who === "note") return make("div", { className: "note", textContent: line.text });
  const mine = line.who === "me";
  const icon = mine ? face(me()) : make("span", { className: "face", ariaHidden: "true", textContent: "政" });
  return make("div", { className: mine ? "said me" : "said" }, icon, make("div", { className: "text" }, ...speech(line.text)));
}

function drawChat(phone) {
  $("chat").replaceChildren(...(phone.chat.length ? phone.chat.map(bubble)
    : [make("div", { className: "empty", textContent: "关注公众号，点下方菜单，或发一条消息试试" })]));
  $("chat").scrollTop = $("chat").scrollHeight;
  $("follow").textContent = phone.follows ? "取消关注" : "关注";
  $("follow").classList.toggle("on", phone.follows);
  $("follow").onclick = () => act(phone.follows ? "unfollow" : "follow");
}

function drawMenu(phone) {
  const buttons = phone.menu?.button ?? [];
  $("menu").replaceChildren(...(buttons.length ? buttons.map(entry)
    : [make("p", { textContent: "公众号还没有菜单：flask wechat menu push" })]));

  function entry(button, index) {
    const subs = button.sub_button ?? [];
    const top = make("button", { type: "button", textContent: (subs.length ? "≡ " : "") + button.name, data: { test: `menu-${index}` } });
    if (!subs.length) {
      top.onclick = () => act("tap", { path: [index] }, button.url);
      return make("div", {}, top);
    }
    const shown = state.open === index;
    top.ariaExpanded = String(shown);
    top.onclick = () => { state.open = shown ? -1 : index; drawMenu(phone); };
    const list = make("div", { className: "sub", hidden: !shown }, ...subs.map((sub, n) => make("button", {
      type: "button", textContent: sub.name, data: { test: `menu-${index}-${n}` },
      onclick: () => { state.open = -1; act("tap", { path: [index, n] }, sub.url); },
    })));
    return make("div", {}, list, top);
  }
}

function time(at) {
  return new Date(at * 1000).toLocaleString("zh-CN", { month: "numeric", day: "numeric", hour: "2-digit", minute: "2-digit" });
}

function notice(row) {
  const from = row.account === "mp" ? "视频办小程序" : "福田政务公众号";
  const lines = Object.entries(row.data).flatMap(([key, field]) => [
    make("dt", { textContent: LABELS[key.replace(/\d+$/, "")] ?? "内容" }), make("dd", { textContent: field.value })]);
  const card = make("article", { className: "notice", data: { test: "notice" } },
    make("header", {}, make("span", { textContent: from }), make("time", { textContent: time(row.at) })),
    make("dl", {}, ...lines));
  if (/^https?:/.test(row.page ?? "")) {
    card.append(make("footer", {}, make("button", { type: "button", textContent: "查看详情", onclick: () => visit(row.page) })));
  } else if (row.page) {
    card.append(make("footer", {}, make("small", { textContent: `打开小程序 ${row.page}` })));
  }
  return card;
}

function drawNotices(phone) {
  $("count").textContent = phone.notices.length ? `${phone.notices.length} 条` : "";
  $("notices").replaceChildren(...(phone.notices.length ? phone.notices.slice().reverse().map(notice)
    : [make("div", { className: "empty", textContent: "还没有收到通知" })]));
  const missing = [...new Set(phone.refused.map((row) => row.template))];
  $("asks").hidden = !missing.length;
  $("refused").replaceChildren(...missing.map((template) => make("div", { className: "ask" },
    make("span", { textContent: `${template}${phone.consents[template] ? `（可收 ${phone.consents[template]} 条）` : ""}` }),
    make("button", { type: "button", textContent: "允许一次", onclick: async () => {
      await ask("consents", { persona: state.who, template });
      await refresh();
    } }))));
}

async function refresh() {
  const phone = await ask(`phone?persona=${encodeURIComponent(state.who)}`);
  const now = JSON.stringify(phone);
  if (now === state.seen) return;
  state.seen = now;
  drawChat(phone);
  drawMenu(phone);
  drawNotices(phone);
}

async function scanPicture(file) {
  if (!file) return;
  const { text } = await ask("decode", file);
  if (!text) { toast("图片里没有找到二维码"); return; }
  $("link").value = text;
  await act("scan", { link: text });
}

$("say").onsubmit = (event) => {
  event.preventDefault();
  const text = $("words").value.trim();
  $("words").value = "";
  if (text) act("say", { text });
};
$("scan").onsubmit = (event) => {
  event.preventDefault();
  const link = $("link").value.trim();
  const page = /^https?:/.test(link) && !/weixin\.qq\.com\/q\/|wxaurl\.cn\//.test(link);
  act("scan", { link }, page ? link : undefined);
};
$("picture").onchange = (event) => scanPicture(event.target.files[0]);
for (const name of ["dragenter", "dragover", "dragleave", "drop"]) {
  $("drop").addEventListener(name, (event) => {
    event.preventDefault();
    $("drop").classList.toggle("over", name === "dragenter" || name === "dragover");
    if (name === "drop") scanPicture(event.dataTransfer.files[0]);
  });
}
document.addEventListener("paste", (event) => {
  const picture = [...event.clipboardData.files].find((file) => file.type.startsWith("image/"));
  if (picture) scanPicture(picture);
});

(async () => {
  state.people = await ask("personas");
  const kept = /(?:^|; )persona=([^;]+)/.exec(document.cookie)?.[1];
  await choose(state.people.some((person) => person.key === kept) ? kept : state.people[0].key);
  setInterval(() => { if (!document.hidden) refresh().catch(() => toast("沙箱没有应答")); }, 2000);
})();
