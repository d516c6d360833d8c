// Each worker thread has an instance of its own.
const { Worker, isMainThread, parentPort, workerData } = require('node:worker_threads');
const { processData } = require('./process-data.node');

if (isMainThread) {
  console.log(processData('a b c'));
  const results = ['one', 'one two', 'one two three'].map((workerData) =>
    new Promise((resolve, reject) => new Worker(__filename, { workerData }).on('message', resolve).on('error', reject)));
  Promise.all(results).then((texts) => console.log(texts.join('\n')));
} else {
  parentPort.postMessage(processData(workerData));
}
