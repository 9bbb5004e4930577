//! Punycode (RFC 3492): writes a label of any letters with ASCII letters and digits.

const BASE: u32 = 36;
const LOWEST: u32 = 1;
const HIGHEST: u32 = 26;

/// Encodes a label; `None` where the numbers grow too large, which no label in use does.
pub(super) fn encode(label: &str) -> Option<String> {
    let mut out: String = label.chars().filter(char::is_ascii).collect();
    let basic = u32::try_from(out.len()).ok()?;
    if basic > 0 {
        out.push('-');
    }
    let total = u32::try_from(label.chars().count()).ok()?;
    let (mut next, mut delta, mut bias, mut handled) = (0x80_u32, 0_u32, 72_u32, basic);
    while handled < total {
        let smallest = label
            .chars()
            .map(u32::from)
            .filter(|code| *code >= next)
            .min()?;
        delta = delta.checked_add((smallest - next).checked_mul(handled + 1)?)?;
        for code in label.chars().map(u32::from) {
            if code < smallest {
                delta = delta.checked_add(1)?;
            } else if code == smallest {
                push_number(&mut out, delta, bias);
                bias = adapted(delta, handled + 1, handled == basic);
                (delta, handled) = (0, handled + 1);
            }
        }
        (delta, next) = (delta.checked_add(1)?, smallest + 1);
    }
    Some(out)
}

/// Writes a number in digits whose weight depends on the place and the bias.
fn push_number(out: &mut String, number: u32, bias: u32) {
    let mut rest = number;
    for place in (BASE..).step_by(BASE as usize) {
        let threshold = place.saturating_sub(bias).clamp(LOWEST, HIGHEST);
        if rest < threshold {
            break;
        }
        out.push(digit(threshold + (rest - threshold) % (BASE - threshold)));
        rest = (rest - threshold) / (BASE - threshold);
    }
    out.push(digit(rest));
}

fn digit(value: u32) -> char {
    char::from_digit(value.wrapping_sub(26), 10)
        .or_else(|| char::from_u32(u32::from('a') + value))
        .unwrap_or('a')
}

fn adapted(delta: u32, handled: u32, is_first: bool) -> u32 {
    let mut delta = if is_first { delta / 700 } else { delta / 2 };
    delta += delta / handled;
    let mut bias = 0;
    while delta > ((BASE - LOWEST) * HIGHEST) / 2 {
        delta /= BASE - LOWEST;
        bias += BASE;
    }
    bias + (BASE - LOWEST + 1) * delta / (delta + 38)
}

#[cfg(test)]
mod tests {
    use super::encode;

    #[test]
    fn labels_are_encoded_as_the_standard_shows() {
        for (label, encoded) in [
            ("ü", "tda"),
            ("bücher", "bcher-kva"),
            ("他们为什么不说中文", "ihqwcrb4cv8a8dqg056pqjye"),
            ("3年b組金八先生", "3b-ww4c5e180e575a65lsy2b"),
        ] {
            assert_eq!(encode(label).unwrap(), encoded);
        }
    }
}
