// Puts, gets, queries, runs transactions and aggregates through @google-cloud/datastore; prints what it found as JSON.
'use strict';

const {Datastore, AggregateField} = require('@google-cloud/datastore');

const datastore = new Datastore();
const found = {};

async function putAndGet() {
  const key = datastore.key(['Song', 'waltz']);
  await datastore.save({key, data: {title: 'Blue', plays: 3, tags: ['a', 'b'], at: new Date(0), gain: 0.5}});
  const [song] = await datastore.get(key);
  found.title = song.title;
  found.tags = song.tags;
  found.at = song.at.toISOString();
  await datastore.delete(key);
  [found.deleted] = await datastore.get(key);
  found.deleted = found.deleted === undefined;
  const nameless = datastore.key('Song');
  await datastore.insert({key: nameless, data: {}});
  found.allocated = nameless.id.length > 0;
  await datastore.delete(nameless);
}

async function queryAllPages() {
  const songs = [];
  for (let k = 0; k < 450; k++) songs.push({key: datastore.key(['Song', String(k)]), data: {number: k, old: k % 2 === 0}});
  await datastore.upsert(songs);
  const [all] = await datastore.runQuery(datastore.createQuery('Song').order('number'));
  found.all = all.length;
  found.ordered = all.every((song, k) => song.number === k);
  let start = null;
  found.paged = 0;
  for (;;) {
    const query = datastore.createQuery('Song').order('number').limit(100);
    const [page, info] = await datastore.runQuery(start === null ? query : query.start(start));
    found.paged += page.length;
    if (info.moreResults === Datastore.NO_MORE_RESULTS || page.length === 0) break;
    start = info.endCursor;
  }
  const [old] = await datastore.runQuery(datastore.createQuery('Song').filter('old', true).select('__key__'));
  found.old = old.length;
}

async function runTransactions() {
  const key = datastore.key(['Counter', 'one']);
  await datastore.save({key, data: {value: 1}});
  const transaction = datastore.transaction();
  await transaction.run();
  const [counter] = await transaction.get(key);
  transaction.save({key, data: {value: counter.value + 1}});
  await transaction.commit();
  const given = datastore.transaction();
  await given.run();
  given.save({key, data: {value: 100}});
  await given.rollback();
  found.counter = (await datastore.get(key))[0].value;
  try {
    await datastore.insert({key, data: {}});
  } catch (error) {
    found.code = error.code;
  }
}

async function aggregate() {
  const query = datastore.createAggregationQuery(datastore.createQuery('Song'));
  query.addAggregations([AggregateField.count().alias('n'), AggregateField.sum('number').alias('s')]);
  const [[result]] = await datastore.runAggregationQuery(query);
  found.aggregated = result;
}

async function main() {
  await putAndGet();
  await queryAllPages();
  await runTransactions();
  if (process.argv[2] === 'aggregate') await aggregate();
  console.log(JSON.stringify(found));
}

main().catch(error => {
  console.error(error);
  process.exitCode = 1;
});
