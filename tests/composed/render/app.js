// Writes bills as text or JSON.

const total = (bill) => bill.items.reduce((sum, item) => sum + Number(item.cents), 0);
const money = (cents) => (cents / 100).toFixed(2);

const line = (item) => `  ${item.reason.padEnd(24)}${money(Number(item.cents)).padStart(12)}\n`;
const text = (bill) => `${bill.ship}\n${bill.items.map(line).join('')}${line({ reason: 'total', cents: total(bill) })}`;
const data = (bill) => ({
  ship: bill.ship,
  items: bill.items.map((item) => [item.reason, Number(item.cents)]),
  total: total(bill),
});

export const render = {
  bills(bills, style) {
    return style === 'text' ? bills.map(text).join('\n') : bills.map((bill) => JSON.stringify(data(bill)) + '\n').join('');
  },
};
