// Members' pages: a ready-made answer is put where it can be changed, and photos are made smaller before they are sent.
// Without this script the answer is sent as it was chosen, and photos as they are.
(() => {
  const MOST_PHOTOS = 4;

  const answer = document.querySelector("[name=answer]");
  const phrases = document.getElementById("phrases");
  if (answer && phrases) {
    phrases.addEventListener("change", (event) => { answer.value = event.target.value; });
    const before = phrases.querySelector(":checked"); // it may have been chosen before this script came
    if (before && !answer.value) answer.value = before.value;
  }

  const photos = document.querySelector("[name=photos]");
  if (!photos || !window.DataTransfer || !window.createImageBitmap) return;

  const submit = photos.form.querySelector("[type=submit]");
  photos.addEventListener("change", async () => {
    submit.disabled = true; // a tap before they are drawn would send them as they were
    const found = new DataTransfer();
    for (const file of Array.from(photos.files).slice(0, MOST_PHOTOS)) {
      found.items.add(await smallerPhoto(file).catch(() => file));
    }
    photos.files = found.files;
    submit.disabled = false;
  });
})();
