//! The scenes of a text as it grows: by hand-made stories, in pieces of any size, of texts with nothing to draw.

use hearth::options::Options;
use hearth::story::{Scene, Scenes};
use serde_json::json;

use crate::story::{lexicon, odd_texts};

/// All scenes of a text that comes in pieces of `size` characters.
pub fn scenes_in_pieces(scenes: &mut Scenes, text: &str, count: usize, size: usize) -> Vec<Scene> {
    let length = text.encode_utf16().count().max(1);
    let options = Options::new().with("num_scenes", json!(count)).with("expected_length", json!(length));
    scenes.start(options).unwrap();
    let letters: Vec<char> = text.chars().collect();
    let pieces = letters.chunks(size.max(1)).map(|piece| piece.iter().collect::<String>());
    let mut found: Vec<Scene> = pieces.flat_map(|piece| scenes.push(&piece)).collect();
    found.extend(scenes.finish());
    found
}

fn scenes_of(text: &str) -> Vec<Scene> {
    scenes_in_pieces(&mut Scenes::new(lexicon().clone()), text, 3, usize::MAX)
}

fn sentence<'a>(text: &'a str, scene: &Scene) -> &'a str {
    let byte = |units: usize| {
        let mut count = 0;
        let passed = text.chars().take_while(|letter| {
            count += letter.len_utf16();
            count <= units
        });
        passed.map(char::len_utf8).sum::<usize>()
    };
    &text[byte(scene.start)..byte(scene.end)]
}

/// The captions of a text's scenes.
fn assert_scenes(text: &str, captions: &[&str]) {
    let scenes = scenes_of(text);
    let got: Vec<&str> = scenes.iter().map(|scene| scene.caption.as_str()).collect();
    assert_eq!(got, captions, "{text}");
    for (index, scene) in scenes.iter().enumerate() {
        assert_eq!(scene.scene_index, index);
        assert!(scene.caption.split_whitespace().count() <= 25, "{scene:?}");
    }
}

#[test]
fn the_heros_kind_is_carried_along_by_name() {
    assert_scenes(
        "Once upon a time, in a distant galaxy, a brave explorer named Alex decided to find a new planet. He built a rocket \
         and flew past the stars. One day, Alex landed on a strange planet. There he met a friendly robot. The robot showed \
         him a golden key. \"Thank you,\" said Alex. They became the best of friends.",
        &[
            "a brave astronaut and a planet in space",
            "an astronaut on mars",
            "an astronaut and a robot on mars",
        ],
    );
    assert_scenes(
        "Sam the snail set out for the hill. The snail was slow. A bird laughed at him. In the end Sam sat on the hill and \
         saw the sunrise.",
        &["a snail on a green hill", "a snail on a green hill", "a snail on a green hill at sunrise"],
    );
    assert_scenes(
        "A queen lived in a castle on the hill. She had a daughter named Rose. One morning Rose found a frog beside the \
         well. The frog said, \"I am a prince.\" Rose did not believe it.",
        &[
            "a princess and a castle on a green hill",
            "a girl and a frog on a green hill in the morning",
            "a girl on a green hill in the morning",
        ],
    );
}

#[test]
fn a_name_without_a_kind_is_a_childs() {
    assert_scenes(
        "It was raining. Tom sat in his room and read a book. His cat slept on the bed.",
        &["a boy with a book in a cosy room on a rainy day", "a boy and a cat in a cosy room on a rainy day"],
    );
    assert_scenes(
        "Tim and his sister Sue went to the park. They had a kite. Sue held the kite and Tim ran. The kite flew up into the sky.",
        &["a boy and a girl in the park", "a boy and a girl in the park", "a boy with a kite in the sky"],
    );
    assert_scenes(
        "Mr. Brown went to the beach with his dog. The dog found a ball. \"Good boy!\" said Mr. Brown.",
        &["a man and a dog on the beach", "a man and a dog on the beach", "a man on the beach"],
    );
}

#[test]
fn place_and_time_are_kept_until_the_text_changes_them() {
    assert_scenes(
        "There was once a small red fox who lived in the mountains. Every night he looked at the moon. He wanted to go there. \
         So he built a ladder, and he climbed and climbed. At last he came to the moon. It was quiet on the moon. The fox was happy.",
        &[
            "a small fox in the mountains",
            "a small fox with a ladder in the mountains",
            "a small fox on the moon",
        ],
    );
    assert_scenes(
        "Lily was a little girl. She lived in a small village near the forest. One day, she saw a white rabbit in the garden. \
         The rabbit ran into the forest, and Lily ran after it. It was dark in the forest. She was scared. Then an owl flew \
         down and showed her the way home.",
        &[
            "a little girl in a small village",
            "a little girl and a rabbit in the forest",
            "a little girl and an owl in the forest at night",
        ],
    );
    assert_scenes(
        "Deep under the sea lived a mermaid called Pearl. Pearl had a friend, a crab. Pearl and the crab swam to the beach to \
         watch the sunset.",
        &[
            "a mermaid under the sea",
            "a mermaid and a crab under the sea",
            "a mermaid and a crab on the beach at sunset",
        ],
    );
}

#[test]
fn who_says_i_is_who_they_said_they_are() {
    assert_scenes(
        "I am a robot. I live on Mars. Every day I dig in the red sand. One day I found a flower.",
        &["a robot on mars", "a robot on mars", "a robot and a tulip on mars"],
    );
}

#[test]
fn what_is_only_said_or_denied_is_not_drawn() {
    assert_scenes(
        "\"Where is my hat?\" asked the wizard. \"I saw a bear with it!\" said the witch. The wizard laughed.",
        &["a wizard", "a wizard and a witch", "a wizard"],
    );
    for scene in scenes_of(
        "The king slept. It was not a bear. It was as big as a house. He was like a lion in the forest.",
    ) {
        assert_eq!(scene.subjects, ["king"]);
    }
}

#[test]
fn who_rides_and_who_holds_can_be_seen() {
    assert_scenes(
        "Once there was a princess who loved trains. She rode a train to the city. In the city she met a cook, who gave her a cake.",
        &[
            "a princess and a steam train",
            "a princess in a steam train in the city",
            "a princess and a cook in the city",
        ],
    );
}

#[test]
fn a_text_with_nothing_to_draw_has_no_scenes() {
    let texts = [
        "Nothing happened. It was quiet. And then it was over.",
        "Ein Fuchs wohnte im Wald. Er war rot.",
        "一只狐狸在雪山上看月亮。",
        "What is the sum of two and two? It is four.",
        "To be, or not to be: that is all.",
    ];
    for text in texts {
        assert_eq!(scenes_of(text), [], "{text}");
    }
}

#[test]
fn pieces_of_any_size_have_the_same_scenes() {
    let text = "Dr. Finn, a fox, lived in the forest… “Hello!” cried J. R. Owl. \"Stop!\" he said. 🦊 The fox had 3.14 apples.\r\n\r\n\
                Then the fox met a bear on the hill at night! The bear slept. A rabbit came to the beach with the fox.";
    let whole = scenes_of(text);
    assert_eq!(whole.len(), 3);
    let mut scenes = Scenes::new(lexicon().clone());
    for size in 1..40 {
        assert_eq!(scenes_in_pieces(&mut scenes, text, 3, size), whole, "pieces of {size} characters");
    }
}

#[test]
fn sentences_are_whole() {
    let text = "Mr. Fox, a fox, lived in the forest near St. Bear. \"Stop!\" cried the fox to the bear on the hill... and ran. \
                The owl saw 3.5 moons on the beach";
    let found: Vec<&str> = scenes_of(text).iter().map(|scene| sentence(text, scene)).collect();
    assert_eq!(
        found,
        [
            "Mr. Fox, a fox, lived in the forest near St. Bear.",
            "\"Stop!\" cried the fox to the bear on the hill... and ran.",
            "The owl saw 3.5 moons on the beach",
        ]
    );
}

#[test]
fn scenes_come_while_the_text_goes_on_and_are_spread_over_it() {
    let text = "Once there was a fox named Lily in the forest. ".to_owned()
        + &"The fox went to the hill. She met an owl on the beach. Nothing else happened then. ".repeat(12);
    let mut scenes = Scenes::new(lexicon().clone());
    let length = text.encode_utf16().count();
    for count in [1, 2, 3, 5, 8] {
        let options = Options::new().with("num_scenes", json!(count)).with("expected_length", json!(length));
        scenes.start(options).unwrap();
        let mut starts = Vec::new();
        for (at, letter) in text.char_indices() {
            for scene in scenes.push(&letter.to_string()) {
                assert!(scene.end <= at, "a scene is announced after its sentence");
                starts.push(scene.start);
            }
        }
        assert_eq!((starts.len(), scenes.finish()), (count, vec![]));
        assert!(starts[0] < 60, "the first comes at once");
        for (index, pair) in starts.windows(2).enumerate() {
            assert!(pair[1] - pair[0] > length / count / 3, "{count} scenes, after {index}: {starts:?}");
        }
    }
}

#[test]
fn a_text_shorter_than_expected_has_its_scenes_at_the_end() {
    let mut scenes = Scenes::new(lexicon().clone());
    scenes.start(Options::new().with("expected_length", json!(100_000))).unwrap();
    let text = "A fox lived in the forest. An owl lived on the hill. A whale lived in the sea. A bear slept.";
    let mut found = scenes.push(text);
    assert_eq!(found.len(), 1, "the first is announced");
    found.extend(scenes.finish());
    assert_eq!(found.len(), 3);
    assert!(found.windows(2).all(|pair| pair[0].end <= pair[1].start), "{found:?}");
    assert_eq!(scenes.finish(), [], "there is no more");
}

#[test]
fn options_out_of_range_are_refused() {
    let mut scenes = Scenes::new(lexicon().clone());
    for (name, value) in [
        ("num_scenes", json!(0)),
        ("num_scenes", json!(1.5)),
        ("expected_length", json!(0)),
        ("scenes", json!(3)),
    ] {
        let error = scenes.start(Options::new().with(name, value)).unwrap_err();
        assert_eq!(error.code(), "invalid-option");
    }
}

#[test]
fn odd_texts_of_ten_thousand_characters_are_read_at_once() {
    let mut scenes = Scenes::new(lexicon().clone());
    for text in odd_texts() {
        let started = std::time::Instant::now();
        let units = text.encode_utf16().count();
        let found = scenes_in_pieces(&mut scenes, &text, 5, 7);
        assert!(found.iter().all(|scene| scene.start < scene.end && scene.end <= units), "{text:.30}");
        assert!(started.elapsed().as_secs() < 20, "{:.30} took {:?}", text, started.elapsed());
    }
}
