// Says to the form that scripts ran, and whether a person was seen: a pointer, a touch, a key, a scroll or a click.
(function () {
  "use strict";
  var sign = document.querySelector("input[name=sign]");
  if (!sign) { return; }
  sign.value = "js";
  ["pointerdown", "touchstart", "keydown", "wheel", "click"].forEach(function (kind) {
    addEventListener(kind, function (event) { if (event.isTrusted) { sign.value = "person"; } }, { passive: true, capture: true });
  });
  var wrong = document.querySelector("[aria-invalid=true], .scale[data-wrong] input");
  if (wrong) { wrong.focus(); }
})();
