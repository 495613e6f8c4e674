// Artillery reads our WebSocket stream: counts events and takes their age from the marker in them, on a millisecond clock.
// A step of each virtual user, set by peers.sh; writes 'age in tenths of a millisecond, events' lines to $AGES.
const { appendFileSync } = require('node:fs');

// The microseconds of the marker, behind a stamp of 48 characters and 'TCPKaliMsgTS-'.
const [DIGITS, END] = [61, 77];
const ages = new Map();
let open = 0;

exports.listen = (context, _events, next) => {
  open += 1;
  context.ws.on('message', (data) => {
    const due = parseInt(String(data).slice(DIGITS, END), 16) / 1000;
    const age = Math.round((Date.now() - due) * 10);
    ages.set(age, (ages.get(age) ?? 0) + 1);
  });
  context.ws.on('close', () => {
    open -= 1;
    if (open > 0) return;
    appendFileSync(process.env.AGES, [...ages].map(([age, events]) => `${age} ${events}\n`).join(''));
    ages.clear();
  });
  next();
};
