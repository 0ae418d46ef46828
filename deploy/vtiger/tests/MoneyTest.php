<?php

/** @param array<int, array{0: string, 1: string, 2?: array, 3?: array}> $lines quantity, price, taxes, discounts */
function reckon(string $mode, array $lines, array $money = [], $total = null, array $compound = []): array
{
    $rows = [];
    foreach ($lines as $line) {
        $rows[] = ['quantity' => $line[0], 'listprice' => $line[1], 'taxes' => isset($line[2]) ? $line[2] : []]
            + (isset($line[3]) ? $line[3] : []) + ['discount_amount' => null, 'discount_percent' => null];
    }
    $money += ['taxtype' => $mode, 'discount_amount' => null, 'discount_percent' => null, 's_h_amount' => null, 'adjustment' => null, 'charges' => []];

    return (new WooVtigerSync_OrderMoney($compound))->reckon($rows, $money, $total);
}

return [
    'group, as Vtiger reckons' => function () {
        same('10.87999891', reckon('group', [['3', '3.333333', ['tax1' => '8.875']]], ['adjustment' => '-0.0075'])['total'], 'one tax');
        $sums = reckon('group', [['1', '10.00', ['tax1' => '5']]], ['discount_amount' => '1.50', 's_h_amount' => '4.00']);
        same('12.92500000', $sums['total'], 'discount and shipping');
        same('12.50000000', $sums['pre_tax_total'], 'before tax');
        $sums = reckon('group', [['1', '10', ['tax1' => '10']], ['1', '10', ['tax1' => '50', 'tax2' => '7']]]);
        same('22.00000000', $sums['total'], 'the taxes of the first line count for all');
        same('20.00000000', reckon('group', [['1', '10'], ['1', '10', ['tax1' => '50']]])['total'], 'none when it has none');
        same('6.93000000', reckon('group', [['2', '10', ['tax1' => '10'], ['discount_percent' => '50']], ['1', '-3']], ['discount_percent' => '10'])['total'], 'percents');
        same('0.00000000', reckon('group', [['0', '10', ['tax1' => '10']]])['total'], 'quantity of nothing');
    },
    'individual, as Vtiger reckons' => function () {
        $sums = reckon('individual', [['1', '10.00', ['tax1' => '8.875']], ['2', '7.77', ['tax1' => '8.875', 'tax2' => '4.5']]]);
        same('28.50597500', $sums['total'], 'several taxes');
        same('28.50597500', $sums['subtotal'], 'the subtotal has the taxes');
        same('25.54000000', $sums['pre_tax_total'], 'before tax');
        same('26.73930000', reckon('individual', [['1', '10', ['tax1' => '5']], ['2', '7.77', ['tax1' => '0', 'tax2' => '4.5']]])['total'], 'sent taxes');
        $money = ['discount_amount' => '1.50', 's_h_amount' => '4.00', 'adjustment' => '-0.333'];
        same('12.66700000', reckon('individual', [['1', '10', ['tax1' => '5']]], $money)['total'], 'the discount does not lower the tax');
        same('9.00000000', reckon('individual', [['1', '10', [], ['discount_amount' => '1']]])['total'], 'discount of a line');
    },
    'the adjustment brings the total exactly' => function () {
        foreach (['group', 'individual'] as $mode) {
            foreach (['31.17', '0.01', '-4.5', '99999.99', '10.12345678'] as $total) {
                $lines = [['3', '3.333333', ['tax1' => '19.24']], ['1.5', '7.123457', ['tax2' => '4.5']], ['1', '-2.5']];
                $sums = reckon($mode, $lines, ['s_h_amount' => '4', 'adjustment' => '0.25'], $total);
                money(number_format((float) $total, 8, '.', ''), $sums['total'], $mode . ' total ' . $total);
                $again = reckon($mode, $lines, ['s_h_amount' => '4', 'adjustment' => $sums['adjustment']]);
                money(number_format((float) $total, 8, '.', ''), $again['total'], $mode . ' reckoned again with that adjustment: ' . $total);
            }
        }
        $sums = reckon('group', [['1', '10']], ['adjustment' => '0.5'], '10.5');
        same('0.50000000', $sums['adjustment'], 'nothing is added when nothing is left over');
    },
    'taxes on taxes, and on charges' => function () {
        $sums = reckon('group', [['1', '100', ['tax1' => '10', 'tax2' => '5']]], [], null, ['tax2' => ['tax1']]);
        same('115.50000000', $sums['total'], 'compound');
        $charges = [['value' => '5', 'taxes' => ['1' => '10']], ['value' => '10', 'taxes' => ['1' => '10', '2' => '20'], 'compound' => ['2' => ['1']]]];
        $sums = reckon('group', [['1', '100']], ['s_h_amount' => '15', 'charges' => $charges]);
        same('118.70000000', $sums['total'], 'charges');
    },
    'numbers as the database keeps them' => function () {
        same('0.00000000', WooVtigerSync_OrderMoney::text(-0.000000001), 'no minus before zero');
        same('8.875', WooVtigerSync_OrderMoney::text(8.875, 3), 'three decimals');
        same('12345678.12345678', WooVtigerSync_OrderMoney::text(12345678.12345678), 'eight');
    },
];
