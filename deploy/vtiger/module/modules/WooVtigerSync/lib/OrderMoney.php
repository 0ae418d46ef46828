<?php

/**
 * Vtiger's arithmetic of an order, as its own pages and webservice do it. Nothing is rounded on the way; what is stored has 8 decimals.
 *
 * group:      subtotal = sum of (quantity * price - discount); the taxes of the first line are reckoned on (subtotal - discount).
 * individual: subtotal = the same with each line's taxes on top; the order's discount does not lower a tax.
 * Both:       total = subtotal - discount + taxes + charges + taxes on charges + adjustment.
 */
class WooVtigerSync_OrderMoney
{
    const SCALE = 8;

    /** @var array<string, string[]> taxes that are reckoned on top of other taxes: name => names */
    private $compound;

    /** @param array<string, string[]> $compound */
    public function __construct(array $compound = [])
    {
        $this->compound = $compound;
    }

    /**
     * @param array<int, array<string, mixed>> $lines with quantity, listprice, discount_amount, discount_percent, taxes
     * @param array<string, mixed> $money with taxtype, discount_amount, discount_percent, s_h_amount, charges, adjustment
     * @param string|null $total what the order must come to
     * @return array<string, string> subtotal, pre_tax_total, adjustment and total
     */
    public function reckon(array $lines, array $money, $total = null): array
    {
        $individual = $money['taxtype'] === 'individual';
        $net = 0.0;
        $subtotal = 0.0;
        foreach ($lines as $line) {
            $amount = self::lineNet($line);
            $net += $amount;
            $subtotal += $amount;
            if ($individual) {
                $subtotal += $this->taxOn($amount, $line['taxes']);
            }
        }
        $discount = 0.0;
        if (self::number($money['discount_amount']) != 0) {
            $discount = self::number($money['discount_amount']);
        } elseif (self::number($money['discount_percent']) != 0) {
            $discount = $subtotal * self::number($money['discount_percent']) / 100;
        }
        $shipping = self::number($money['s_h_amount']);
        $taxes = 0.0;
        if (!$individual && $lines) {
            $first = reset($lines);
            $taxes += $this->taxOn($subtotal - $discount, $first['taxes']);
        }
        foreach ($money['charges'] as $charge) {
            $taxes += $this->chargeTax($charge);
        }
        $adjustment = round(self::number($money['adjustment']), self::SCALE);
        $result = $subtotal - $discount + $shipping + $taxes + $adjustment;
        if ($total !== null) {
            $left = round(self::number($total) - $result, self::SCALE);
            if ($left != 0) {
                $adjustment = round($adjustment + $left, self::SCALE);
            }
            $result = self::number($total);
        }

        return [
            'subtotal' => self::text($subtotal),
            'pre_tax_total' => self::text(($individual ? $net : $subtotal) - $discount + $shipping),
            'adjustment' => self::text($adjustment),
            'total' => self::text($result),
        ];
    }

    /** @param array<string, mixed> $line */
    public static function lineNet(array $line): float
    {
        $amount = self::number($line['quantity']) * self::number($line['listprice']);
        if (self::number($line['discount_amount']) != 0) {
            return $amount - self::number($line['discount_amount']);
        }

        return $amount - $amount * self::number($line['discount_percent']) / 100;
    }

    /** @param array<string, mixed> $taxes name => percentage */
    private function taxOn(float $amount, array $taxes): float
    {
        $simple = [];
        foreach ($taxes as $name => $percentage) {
            $simple[$name] = $amount * self::number($percentage) / 100;
        }
        $sum = 0.0;
        foreach ($taxes as $name => $percentage) {
            $base = $amount;
            foreach (isset($this->compound[$name]) ? $this->compound[$name] : [] as $other) {
                $base += isset($simple[$other]) ? $simple[$other] : 0.0;
            }
            $sum += $base * self::number($percentage) / 100;
        }

        return $sum;
    }

    /** @param array<string, mixed> $charge with value, taxes and compound (both by the tax's id) */
    private function chargeTax(array $charge): float
    {
        $taxes = isset($charge['taxes']) && is_array($charge['taxes']) ? $charge['taxes'] : [];
        $value = self::number($charge['value']);
        $sum = 0.0;
        foreach ($taxes as $id => $percentage) {
            $base = $value;
            foreach (isset($charge['compound'][$id]) ? $charge['compound'][$id] : [] as $other) {
                $base += isset($taxes[$other]) ? $value * self::number($taxes[$other]) / 100 : 0.0;
            }
            $sum += $base * self::number($percentage) / 100;
        }

        return $sum;
    }

    /** @param mixed $value */
    public static function number($value): float
    {
        return is_numeric($value) ? (float) $value : 0.0;
    }

    /** A number as the database keeps it. */
    public static function text(float $value, int $scale = self::SCALE): string
    {
        $text = number_format(round($value, $scale), $scale, '.', '');

        // No minus before zero.
        return (float) $text == 0 ? number_format(0, $scale, '.', '') : $text;
    }
}
