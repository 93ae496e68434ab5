//! Who a story has told of so far: each one's kind, name, gender and looks, kept from sentence to sentence.

use super::lexicon::Lexicon;

/// What pronoun means somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gender {
    /// Not known yet.
    Any,
    /// he
    He,
    /// she
    She,
}

/// Somebody in the story.
#[derive(Debug, Clone)]
pub struct Person {
    /// The subject that it is drawn as, once that is known.
    pub entry: Option<usize>,
    /// Its name, once there is one.
    pub name: Option<String>,
    /// Known from its kind or from a pronoun.
    pub gender: Gender,
    /// Sizes and colours that it was introduced with: adjectives' indices and words.
    pub looks: Vec<(usize, String)>,
    /// The number of the last sentence that has it.
    pub last: usize,
}

/// Everybody so far, in the order of appearance. An index is somebody's for ever.
#[derive(Debug, Clone, Default)]
pub struct Cast {
    /// The persons and animals.
    pub people: Vec<Person>,
    /// Who tells the story, if they do so in the first person.
    pub narrator: Option<usize>,
}

impl Cast {
    /// The one with this name.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<usize> {
        self.people.iter().position(|person| person.name.as_deref() == Some(name))
    }

    /// Whom the story is about: the first who has a kind and a name, or else a name, or else the first.
    #[must_use]
    pub fn hero(&self) -> Option<usize> {
        let first = |fits: fn(&Person) -> bool| self.people.iter().position(fits);
        let known =
            first(|person| person.name.is_some() && (person.entry.is_some() || person.gender != Gender::Any));
        self.narrator.or(known).or(first(|person| person.name.is_some())).or(first(|_| true))
    }

    /// Who says "I" outside of quotation marks: who said what they are, or else the hero.
    pub fn narrator(&mut self) -> Option<usize> {
        let hero = self.hero();
        self.narrator = self.narrator.or(hero.filter(|&who| self.people[who].entry.is_some()));
        self.narrator
    }

    /// Adds somebody of a kind, of a name, or of both.
    pub fn add(&mut self, lexicon: &Lexicon, entry: Option<usize>, name: Option<&str>, now: usize) -> usize {
        let gender = entry.map_or(Gender::Any, |entry| gender_of(lexicon, entry));
        let name = name.map(str::to_owned);
        self.people.push(Person { entry, name, gender, looks: Vec::new(), last: now });
        self.people.len() - 1
    }

    /// Whom a noun means: the last one of its kind; or, with "the", a name whose kind was not said yet; or somebody new.
    pub fn noun(&mut self, lexicon: &Lexicon, entry: usize, is_definite: bool, now: usize) -> usize {
        let of_kind = self.people.iter().enumerate().filter(|(_, person)| person.entry == Some(entry));
        if let Some((who, _)) = of_kind.max_by_key(|(_, person)| person.last) {
            return who;
        }
        let unknown = self.people.iter().position(|person| person.entry.is_none());
        match unknown.filter(|_| is_definite) {
            Some(who) if self.could_be(lexicon, who, entry) => {
                self.set_kind(lexicon, who, entry);
                who
            }
            _ => self.add(lexicon, Some(entry), None, now),
        }
    }

    fn could_be(&self, lexicon: &Lexicon, who: usize, entry: usize) -> bool {
        let gender = gender_of(lexicon, entry);
        gender == Gender::Any || self.people[who].gender == Gender::Any || self.people[who].gender == gender
    }

    /// Somebody's kind is now known.
    pub fn set_kind(&mut self, lexicon: &Lexicon, who: usize, entry: usize) {
        let gender = gender_of(lexicon, entry);
        let person = &mut self.people[who];
        person.entry = Some(entry);
        if gender != Gender::Any {
            person.gender = gender;
        }
    }

    /// Whom "he" or "she" means: of those of late who fit, one whose gender is known, the hero before others; else the last.
    pub fn pronoun(&mut self, gender: Gender, now: usize) -> Option<usize> {
        let hero = self.hero();
        let fits = |person: &Person| person.gender == gender || person.gender == Gender::Any;
        let candidates = self.people.iter().enumerate().filter(|(_, person)| fits(person));
        let (who, _) = candidates.max_by_key(|(who, person)| {
            let is_recent = now.saturating_sub(person.last) <= 2;
            let is_hero = hero == Some(*who);
            (is_recent || is_hero, person.gender == gender, is_hero, person.last)
        })?;
        self.people[who].gender = gender;
        Some(who)
    }

    /// What somebody is drawn as. A name whose kind nobody said is a child's, if a pronoun says
    /// whether a boy's or a girl's, or if the hero's kind is not known either.
    #[must_use]
    pub fn drawn_as(&self, lexicon: &Lexicon, who: usize) -> Option<usize> {
        let person = self.people.get(who)?;
        if person.entry.is_none()
            && person.gender == Gender::Any
            && self.hero().is_some_and(|hero| self.people[hero].entry.is_some())
        {
            return None;
        }
        let child = match person.gender {
            Gender::He => "boy",
            Gender::She => "girl",
            Gender::Any => "child",
        };
        person.entry.or_else(|| lexicon.index_of(super::Kind::Subject, child))
    }
}

fn gender_of(lexicon: &Lexicon, entry: usize) -> Gender {
    match lexicon.entries[entry].pronoun.as_str() {
        "he" => Gender::He,
        "she" => Gender::She,
        _ => Gender::Any,
    }
}
