"use strict";
// The map of the bytes: a rectangle for each part, whose area is its size. Enter opens a part, Escape goes back.
const whole = JSON.parse(document.getElementById("contents").textContent);
const map = document.getElementById("map"), path = document.getElementById("path");
const least = 3; // Pixels; a smaller rectangle can be neither seen nor hit.
let trail = [whole];

const size = (bytes) => bytes < 1e4 ? `${bytes} B` : bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} KB` : `${(bytes / 1e6).toFixed(2)} MB`;
const share = (bytes) => `${(100 * bytes / whole.bytes).toFixed(1)} %`;

// Places parts in a rectangle, in rows that are as near to squares as it goes.
function place(parts, x, y, width, height, put) {
  let total = parts.reduce((sum, part) => sum + part.bytes, 0);
  let start = 0;
  while (start < parts.length && total > 0) {
    const side = Math.min(width, height), scale = width * height / total;
    let end = start, row = 0, worst = Infinity;
    while (end < parts.length) {
      const next = row + parts[end].bytes, depth = next * scale / side;
      const ratio = Math.max(depth / (parts[end].bytes * scale / depth), parts[start].bytes * scale / depth / depth);
      if (ratio > worst) break;
      [row, worst, end] = [next, ratio, end + 1];
    }
    const depth = row * scale / side;
    let at = 0;
    for (const part of parts.slice(start, end)) {
      const length = part.bytes * scale / depth;
      if (width <= height) put(part, x + at, y, length, depth); else put(part, x, y + at, depth, length);
      at += length;
    }
    if (width <= height) { y += depth; height -= depth; } else { x += depth; width -= depth; }
    [start, total] = [end, total - row];
  }
}

function show(focused) {
  const shown = trail[trail.length - 1];
  map.replaceChildren();
  path.replaceChildren();
  trail.forEach((part, depth) => {
    const step = document.createElement("button");
    step.textContent = depth ? part.name : "the file";
    step.disabled = depth === trail.length - 1;
    step.onclick = () => { const from = trail[depth + 1]; trail = trail.slice(0, depth + 1); show(from); };
    if (depth) path.append(" › ");
    path.append(step);
  });
  path.append(` ${size(shown.bytes)}, ${share(shown.bytes)}`);
  place(shown.parts, 0, 0, map.clientWidth, map.clientHeight, (part, x, y, width, height) => {
    if (width < least || height < least) return;
    const cell = document.createElement("button");
    const colour = shown.parts.indexOf(part) % 6;
    cell.style.cssText = `left:${x}px;top:${y}px;width:${width}px;height:${height}px;--cell:var(--c${colour})`;
    cell.title = `${part.name}: ${size(part.bytes)}, ${share(part.bytes)}`;
    cell.setAttribute("aria-label", cell.title);
    if (width > 40 && height > 18) {
      const label = document.createElement("span");
      label.textContent = `${part.name} ${size(part.bytes)}`;
      cell.append(label);
    }
    if (part.parts) cell.onclick = () => { trail.push(part); show(); }; else cell.dataset.leaf = "";
    map.append(cell);
    if (part === focused) cell.focus();
  });
  if (!focused && trail.length > 1 && map.firstChild) map.firstChild.focus();
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && trail.length > 1) show(trail.pop());
});
addEventListener("resize", () => show());
show();
