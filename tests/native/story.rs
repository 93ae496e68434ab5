//! Prompts in the illustrator's words: the shipped lexicon, English and Chinese, what bad input gets.

use std::sync::OnceLock;

use hearth::story::{Kind, Lexicon, Understood, understand};

/// The lexicon that ships.
pub fn lexicon() -> &'static Lexicon {
    static LEXICON: OnceLock<Lexicon> = OnceLock::new();
    LEXICON.get_or_init(|| Lexicon::from_json(include_str!("../../models/picturebook/lexicon.json")).unwrap())
}

fn understood(prompt: &str) -> Understood {
    understand(lexicon(), prompt)
}

/// Prompts and their captions, all in one language.
fn assert_captions(language: &str, cases: &[(&str, &str)]) {
    for (prompt, caption) in cases {
        let got = understood(prompt);
        assert_eq!((got.caption.as_str(), got.language), (*caption, language), "{prompt}");
        assert_eq!(got.changed, prompt != caption, "{prompt}");
    }
}

#[test]
fn a_chinese_prompt_becomes_a_caption() {
    assert_captions(
        "zh",
        &[
            ("一只狐狸在雪山上看月亮", "a fox and a moon near snowy mountains at night"),
            ("一只小狐狸坐在红色的大汽车上", "a fox on a big red car"),
            ("宇航员骑着一匹马在月球上", "an astronaut riding a horse on the moon"),
            ("宇航员骑着马在月亮上", "an astronaut riding a horse on the moon"),
            ("树上有一只鸟", "a bird on a tree"),
            ("小女孩在花园里拿着一个红气球", "a girl holding a red balloon in the garden"),
            ("夜晚的森林里有一只猫头鹰", "an owl in the forest at night"),
            ("三只小猪在村子里", "a pig in a small village"),
            ("下雨天，一只青蛙撑着伞", "a frog with an umbrella in the rain"),
            ("海底的美人鱼和海龟", "a mermaid and a turtle at the bottom of the sea"),
            ("开心的熊猫在房间里吃蛋糕", "a happy panda with a cake in a cosy room"),
            ("一个机器人在火星上", "a robot on mars"),
            ("一条红色的鱼在水下", "a red fish underwater"),
            ("公主、龙和城堡", "a princess, a dragon and a castle"),
            ("老奶奶和小猫在家里", "an old woman and a cat in a cosy room"),
            ("白色的独角兽在彩虹旁边", "a white unicorn beside a rainbow"),
            ("一艘船在大海上，暴风雨中", "a sailboat on the sea in the rain"),
            ("巫师躲在大树后面", "a wizard behind a tree"),
            ("夕阳下的沙漠和骆驼", "a camel in the desert at sunset"),
            ("月亮上的兔子", "a rabbit on the moon"),
            ("一只cat在森林里", "a cat in the forest"),
        ],
    );
}

#[test]
fn english_that_is_understood_stays_as_it_is() {
    let prompts = [
        "a fox in the forest at night",
        "A small robot on mars",
        "a red fox and an owl beside a tree in the snow at dusk",
        "An enormous elephant with a ruby red balloon",
        "a knight in front of a castle",
        "the astronauts' rocket in space",
        "a field of sunflowers",
        "a girl who is dancing with her cat",
        "a ship on the waves in the rain",
        "a sleepy bear",
    ];
    for prompt in prompts {
        let got = understood(prompt);
        assert_eq!((got.caption.as_str(), got.changed, got.language), (prompt, false, "en"));
        assert!(!got.terms.is_empty(), "{prompt}");
    }
}

#[test]
fn english_words_that_the_model_never_saw_are_put_into_its_words() {
    assert_captions(
        "en",
        &[
            ("three gigantic foxes at daybreak", "a big fox in the morning"),
            ("a puppy in the prairie", "a puppy in a flower meadow"),
            ("A scarlet dragon over the savannah", "a red dragon in a flower meadow"),
            ("two knights and a princess", "a knight and a princess"),
            ("a lot of cats tonight", "a cat at night"),
            ("a wolf howling at the moon at bedtime", "a wolf howling at the moon at night"),
            ("mice in the kitchen", "a mouse in a cosy room"),
            ("a girl with daisies", "a girl with a daisy"),
            ("a gigantic owl on a tree", "a big owl on a tree"),
            ("a dragon in a galaxy far away", "a dragon in space far away"),
            ("the foxes near the moon base", "the fox on the moon"),
        ],
    );
}

#[test]
fn terms_are_where_the_prompt_has_them() {
    for prompt in ["🦊 a gigantic fox — in the wood at night", "🐉一条红色的龙在城堡旁边，晚上"]
    {
        let units: Vec<u16> = prompt.encode_utf16().collect();
        let got = understood(prompt);
        assert!(got.terms.len() > 2, "{got:?}");
        for pair in got.terms.windows(2) {
            assert!(pair[0].start <= pair[1].start, "{got:?}");
        }
        for term in &got.terms {
            assert_eq!(String::from_utf16(&units[term.start..term.end]).unwrap(), term.text);
            assert!(lexicon().entry(term.kind, &term.name).is_some(), "{term:?}");
        }
    }
    let kinds: Vec<Kind> =
        understood("a big fox in the forest at night").terms.iter().map(|term| term.kind).collect();
    assert_eq!(kinds, [Kind::Adjective, Kind::Subject, Kind::Place, Kind::Time]);
}

#[test]
fn other_languages_stay_as_they_are() {
    let prompts = [
        "ein Fuchs im Wald",
        "un dragon dans la forêt",
        "лиса в лесу",
        "昨日は狐が森にいた",
        "여우가 숲에 있다",
        "你好世界",
        "",
        " \r\n",
        "?!… — “”",
        "😀😀😀",
        "12345",
    ];
    for prompt in prompts {
        let got = understood(prompt);
        assert_eq!((got.caption.as_str(), got.changed, got.language), (prompt, false, "other"));
        assert_eq!(got.terms, []);
    }
}

/// Texts that break what is written carelessly.
pub fn odd_texts() -> Vec<String> {
    let mut texts: Vec<String> = [
        "",
        "\r",
        "\r\r\n\n\r",
        "\"",
        "“a fox",
        "a fox”",
        ".",
        "...",
        "?!?!",
        "a\u{301} fo\u{301}x in the fore\u{301}st",
        "\u{feff}a fox\u{0} in\u{200b} the forest",
        "👨‍👩‍👧‍👦 a fox 🦊.",
        "İstanbul'da bir FOX. ẞ",
        "named",
        "named .",
        "Mr. ",
        "called Fox",
        "I am a",
        "a an the his her",
        "the the the fox",
        "狐狸狐狸。在在在上上上",
        "在…上",
        "的的的红红红",
        "a fox\rin the forest\rat night",
    ]
    .map(str::to_owned)
    .into();
    texts.push("fox ".repeat(2_500));
    texts.push("x".repeat(10_000));
    texts.push(" ".repeat(10_000));
    texts.push(".".repeat(10_000));
    texts.push("a. ".repeat(3_400));
    texts.push("\"".repeat(10_000));
    texts.push("红".repeat(10_000));
    texts.push("一只红色的狐狸在树上。".repeat(900));
    texts.push("Lily the fox met a very old bear, Tom, in the forest at night. ".repeat(200));
    texts
}

#[test]
fn odd_prompts_of_ten_thousand_characters_are_read_at_once() {
    for prompt in odd_texts() {
        let started = std::time::Instant::now();
        let got = understood(&prompt);
        let units = prompt.encode_utf16().count();
        assert!(got.terms.iter().all(|term| term.start < term.end && term.end <= units));
        assert!(started.elapsed().as_secs() < 5, "{:.30} took {:?}", prompt, started.elapsed());
    }
}

#[test]
fn a_file_that_is_no_lexicon_is_refused() {
    let one = r#"{"version":1,"uncounted":[],"entries":[{"kind":"subject","name":"fox"},{"kind":"place","name":"hill"}]}"#;
    let next = one.replace("\"version\":1", "\"version\":2");
    for text in
        ["", "{}", "[]", "<!doctype html>", r#"{"version":1,"uncounted":[],"entries":[]}"#, one, &next]
    {
        let error = Lexicon::from_json(text).unwrap_err();
        assert_eq!(error.code(), "unsupported-model");
        assert!(error.message().starts_with("lexicon.json: "), "{error}");
    }
    assert!(Lexicon::from_json(&one.replace("\"hill\"", "\"hill\",\"phrases\":[\"on a hill\"]")).is_ok());
}
