/* What the pages can do beyond being read: sliders, the player, the search, the table of times.
   Without it every picture is there, before beside after. */
"use strict";

function make(tag, properties, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties || {})) {
    if (name in element) element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

/* Sliders: a range input lies over both pictures, so mouse, keyboard and touch come with it. */
function makeSlider(pair) {
  const [before, after] = pair.querySelectorAll("img");
  if (!after) return;
  const link = pair.querySelector("a");
  const input = make("input", {
    type: "range", min: 0, max: 100, value: 50, step: 1,
    "aria-label": after.alt.replace(/^After/, "How much is shown as it was before"),
  });
  const slider = make("div", { className: "slider" },
    after, before, make("span", { className: "edge" }), input);
  slider.style.setProperty("--ratio", after.width / after.height);
  const show = () => {
    slider.style.setProperty("--at", `${input.value}%`);
    input.setAttribute("aria-valuetext", `${input.value} % before, ${100 - input.value} % after`);
  };
  input.addEventListener("input", show);
  show();
  pair.replaceChildren(slider);
  pair.classList.add("sliding");
  if (link) {
    link.replaceChildren("Open");
    link.className = "unseen";
  }
}

/* The player: the film, the same without its colours beside it, or one wiped over the other. */
function makePlayer(player) {
  const video = player.querySelector("video");
  const twin = make("video", { muted: true, preload: "none", tabIndex: -1, ariaHidden: "true" });
  twin.poster = video.poster;
  twin.width = video.width;
  twin.height = video.height;
  const veil = make("div", { className: "veil" });
  const wipe = make("input", {
    type: "range", min: 0, max: 100, value: 50, "aria-label": "How much is shown without colours",
  });
  const picture = make("div", { className: "picture" }, video, veil);
  const name = `view-${document.querySelectorAll(".views").length}`;
  const choice = (value, text) => make("label", {},
    make("input", { type: "radio", name, value, checked: value === "coloured" }), text);
  const views = make("fieldset", { className: "views" },
    make("legend", { className: "unseen" }, "View"),
    choice("coloured", "Coloured"), choice("beside", "Side by side"), choice("wiped", "Wiped"));
  player.replaceChildren(make("div", { className: "screens" }, twin, picture), wipe, views,
    make("p", { className: "quiet" },
      "Without its colours the film shows its luma, which is the original’s."));
  const follow = () => {
    if (player.dataset.view === "beside" && Math.abs(twin.currentTime - video.currentTime) > 0.04)
      twin.currentTime = video.currentTime;
  };
  const view = (value) => {
    player.dataset.view = value;
    if (value === "beside") {
      if (!twin.src) twin.src = video.currentSrc || video.querySelector("source").src;
      follow();
      if (!video.paused) twin.play();
    } else twin.pause();
  };
  views.addEventListener("change", (event) => view(event.target.value));
  wipe.addEventListener("input", () => picture.style.setProperty("--at", `${wipe.value}%`));
  video.addEventListener("play", () => player.dataset.view === "beside" && twin.play());
  video.addEventListener("pause", () => { twin.pause(); follow(); });
  for (const event of ["seeked", "timeupdate"]) video.addEventListener(event, follow);
  video.addEventListener("ratechange", () => { twin.playbackRate = video.playbackRate; });
  view("coloured");
  const plot = player.parentElement.querySelector(".plot");
  if (plot) linkPlot(plot, video);
}

/* A click into the plot goes there in the film; a line shows where the film is. */
function linkPlot(plot, video) {
  const svg = plot.querySelector("svg");
  const length = Number(plot.dataset.length);
  svg.classList.add("linked");
  svg.addEventListener("click", (event) => {
    const box = svg.getBoundingClientRect();
    video.currentTime = (event.clientX - box.left) / box.width * length;
    video.play();
  });
  video.addEventListener("timeupdate", () => {
    plot.style.setProperty("--now", `${100 * video.currentTime / length}%`);
  });
}

/* The search: its data come with the first use. */
const LISTED = 60;

function loadItems() {
  loadItems.promise = loadItems.promise || new Promise((resolve) => {
    document.head.append(make("script", {
      src: "items.js", onload: () => resolve(window.autochromeItems),
    }));
  });
  return loadItems.promise;
}

function folded(text) {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}

const ORDERS = {
  look: (a, b) => b[5] - a[5],
  name: (a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0),
  pale: (a, b) => (a[6] ?? Infinity) - (b[6] ?? Infinity),
  colourful: (a, b) => (b[6] ?? -1) - (a[6] ?? -1),
};

function pageOf(number, data) {
  const page = Math.floor(number / data.itemsAPage);
  return `${page ? `page-${page + 1}` : "index"}.html#item-${number}`;
}

function listed(item, number, data) {
  const picture = item[7]
    ? make("img", { src: item[7], alt: "", loading: "lazy" })
    : make("span", { className: "blank" });
  const facts = [data.statuses[item[4]]];
  if (item[6] !== null) facts.push(`colorfulness ${item[6].toFixed(1)}`);
  return make("li", {}, make("a", { href: pageOf(number, data) }, picture,
    make("span", {}, make("bdi", {}, item[0]),
      make("span", { className: "facts" }, facts.join(" · ")))));
}

function makeSearch(form) {
  const found = document.querySelector(".found");
  const list = found.querySelector("ul");
  const heading = found.querySelector("h2");
  const more = found.querySelector("button");
  let hits = [];
  let shown = 0;
  const showMore = (data) => {
    for (const n of hits.slice(shown, shown + LISTED)) list.append(listed(data.items[n], n, data));
    shown = Math.min(hits.length, shown + LISTED);
    more.hidden = shown === hits.length;
  };
  const fill = (data) => {
    for (const name of ["folders", "models", "statuses"]) {
      const select = form.elements[name];
      if (select.length > 1) continue;
      data[name].forEach((value, n) => select.add(new Option(value || "(none)", n)));
    }
    data.folded = data.folded || data.items.map((item) => folded(item[0]));
  };
  const search = async () => {
    const data = await loadItems();
    fill(data);
    const text = folded(form.elements.text.value.trim());
    const wanted = ["folders", "models", "statuses"].map((name) => form.elements[name].value);
    const order = form.elements.order.value;
    const asked = text || wanted.some((value) => value !== "") || order !== "look";
    found.hidden = !asked;
    document.querySelector("main").hidden = Boolean(asked);
    if (!asked) return;
    hits = [];
    data.items.forEach((item, n) => {
      const fits = wanted.every((value, k) => value === "" || item[2 + k] === Number(value));
      if (fits && (!text || data.folded[n].includes(text))) hits.push(n);
    });
    hits.sort((a, b) => ORDERS[order](data.items[a], data.items[b]) || a - b);
    heading.textContent = `Found ${hits.length.toLocaleString("en")} of ` +
      data.items.length.toLocaleString("en");
    list.replaceChildren();
    shown = 0;
    showMore(data);
  };
  form.hidden = false;
  form.addEventListener("focusin", () => loadItems().then(fill), { once: true });
  form.addEventListener("input", search);
  form.addEventListener("reset", () => setTimeout(search));
  form.addEventListener("submit", (event) => { event.preventDefault(); search(); });
  more.addEventListener("click", () => loadItems().then(showMore));
  list.addEventListener("click", () => {
    found.hidden = true;
    document.querySelector("main").hidden = false;
  });
}

/* The table of times. */
const STAGES = {
  colour_photos: ["Photographs: coloured", "photographs"],
  index_film: ["Films: looked through", "frames"],
  colour_chunk: ["Films: coloured", "frames"],
  encode_chunk: ["Films: encoded", "frames"],
  join_film: ["Films: joined and verified", "frames"],
};

function asTime(seconds) {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

function secondsOfAll(rows) {
  return rows.reduce((sum, row) => sum + row.seconds, 0);
}

function makeTook(place) {
  const seconds = secondsOfAll(window.autochromeTimings || []);
  if (!seconds) return;
  place.textContent = `The jobs took ${asTime(seconds)}, one after another.`;
  place.hidden = false;
}

function makeTimings(table) {
  const rows = window.autochromeTimings || [];
  const total = secondsOfAll(rows) || 1;
  for (const row of rows) {
    const [stage, what] = STAGES[row.rule] || [row.rule, ""];
    const count = Number(table.dataset[what] || 0);
    const rate = count && row.seconds ? `${(count / row.seconds).toPrecision(2)} ${what} a second` : "";
    const share = Math.round(100 * row.seconds / total);
    const bar = make("span", { className: "bar" });
    bar.style.width = `${share}%`;
    table.tBodies[0].append(make("tr", {},
      make("th", { scope: "row" }, stage), make("td", {}, row.jobs.toLocaleString("en")),
      make("td", {}, asTime(row.seconds)), make("td", { className: "share" }, bar, `${share} %`),
      make("td", {}, rate)));
  }
}

document.querySelectorAll(".pair").forEach(makeSlider);
document.querySelectorAll(".player").forEach(makePlayer);
document.querySelectorAll("form.search").forEach(makeSearch);
document.querySelectorAll(".timings").forEach(makeTimings);
document.querySelectorAll(".took").forEach(makeTook);
