// k6 reads our WebSocket stream: counts events and takes their age from the marker in them, on k6's millisecond clock. Run
// by peers.sh.
import ws from 'k6/ws';
import { Counter, Trend } from 'k6/metrics';

const events = new Counter('events');
const age = new Trend('age_ms');

export const options = {
  vus: Number(__ENV.CONNECTIONS),
  iterations: Number(__ENV.CONNECTIONS),
  summaryTrendStats: ['p(50)', 'p(99)', 'max'],
};

export default function () {
  const answer = ws.connect(__ENV.STREAM, {}, (socket) => {
    socket.on('message', (data) => {
      const received = Date.now();
      const due = parseInt(data.substr(data.indexOf('TCPKaliMsgTS-') + 13, 16), 16) / 1000;
      events.add(1);
      age.add(received - due);
    });
    socket.on('error', (error) => { throw error; });
  });
  if (answer.status !== 101) throw new Error(`the server answered ${answer.status}`);
}

export function handleSummary({ metrics }) {
  const of = (name) => metrics[name].values;
  const ms = (stat) => of('age_ms')[stat].toFixed(1);
  return { stdout: `events ${of('events').count}, response p50 ${ms('p(50)')} ms, p99 ${ms('p(99)')} ms, max ${ms('max')} ms\n` };
}
