//! What operators and the expiry job do meanwhile. What becomes of a card's own row, the pure rules of acts and of edits
//! decide here as they do there.

use std::cmp::Reverse;

use chrono::TimeDelta;
use kami_core::acts::{self, ActRefusal, Change};
use kami_core::block::{Block, BlockKey, BlockTarget};
use kami_core::card::{CardCode, CardStatus};
use kami_core::duration::CardDuration;
use kami_core::edit::{CardEdit, StatusEdit, edited};
use kami_core::operator::Operator;
use kami_core::record::CardRecord;
use kami_store::{
    ActError, AppOrder, AppRefusal, BlockOrder, BlockRefusal, ExpiryCursor, OneAct, OneEdit, OneSeat,
    RechargeUndo, Store,
};
use kami_testkit::agreed;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value};

use super::model::{Card, Done, Moment, Seat, World, read_moment, seconds, stored};
use super::start::TOPS;
use super::steps::{APPS, Deck, FAR, MACHINES, Which, any_card};

#[derive(Clone, Debug)]
pub(super) enum Act {
    One(Which, acts::Act),
    Edit(Which, Edit),
    /// Of one machine.
    Free(Which, usize),
    Say(&'static str, Saying),
    /// Keeps a machine or [`FAR`] out, of one app or of all, for so many seconds or for ever.
    Block(&'static str, &'static str, Option<i64>),
    LetIn(&'static str, &'static str),
    /// The last top-up with a card.
    TakeBack(usize),
    /// No operator does that.
    Expire,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Edit {
    Seats(u16),
    Points(Option<u32>),
    Policy(&'static str),
    /// So many seconds from now.
    LastMoment(Option<i64>),
    Unused,
    Expired,
}

/// What an app says from then on.
#[derive(Clone, Copy, Debug)]
pub(super) enum Saying {
    Policy(&'static str),
    Minimum(Option<&'static str>),
    Notice(Option<&'static str>),
    Archived(bool),
}

const POLICIES: [&str; 12] = [
    "",
    "lease=600",
    "lease=60 when-full=oldest",
    "when-full=oldest unbind=anyone unbind-limit=1",
    "unbind=machine",
    "unbind=anyone",
    "unbind=off",
    "lease=off unbind=machine unbind-cooldown=600 unbind-cost=300s",
    "unbind=anyone unbind-cooldown=7200 unbind-limit=4 unbind-cost=2p",
    "lease=600 unbind=anyone unbind-limit=3 unbind-cost=900s",
    "when-full=oldest unbind=machine unbind-limit=2 unbind-cost=7p",
    "unbind=anyone unbind-cooldown=off unbind-limit=off unbind-cost=1000000000p",
];

const OFFERS: [&str; 5] =
    ["", "trial=600", "lease=600 trial=5p", "trial=31536000 unbind=machine", "trial=1000000000p"];

pub(super) fn any_act() -> impl Strategy<Value = Act> {
    let seconds = select(&[60, 3_600, 86_400, u32::MAX][..]);
    let act = prop_oneof![
        2 => Just(acts::Act::Disable),
        3 => Just(acts::Act::Enable),
        2 => Just(acts::Act::Unbind),
        4 => seconds.prop_map(|seconds| acts::Act::Extend { seconds }),
    ];
    let edit = prop_oneof![
        3 => (1..4_u16).prop_map(Edit::Seats),
        3 => select(&[None, Some(0), Some(10), Some(1_000_000_000)][..]).prop_map(Edit::Points),
        4 => select(&POLICIES[..]).prop_map(Edit::Policy),
        2 => select(&[None, Some(-1), Some(5_000)][..]).prop_map(Edit::LastMoment),
        2 => Just(Edit::Unused),
        1 => Just(Edit::Expired),
    ];
    let saying = prop_oneof![
        3 => select(&POLICIES[..]).prop_map(Saying::Policy),
        3 => select(&OFFERS[..]).prop_map(Saying::Policy),
        1 => select(&[None, None, Some("1.5")][..]).prop_map(Saying::Minimum),
        1 => select(&[None, Some("新版本")][..]).prop_map(Saying::Notice),
        1 => select(&[false, false, true][..]).prop_map(Saying::Archived),
    ];
    let whom = || {
        let target = prop_oneof![select(&MACHINES[..4]), Just(FAR)];
        (select(&["", "default", "demo"][..]), target)
    };
    let ends = select(&[None, Some(0), Some(50), Some(4_000)][..]);
    prop_oneof![
        6 => (any_card(), act).prop_map(|(card, act)| Act::One(card, act)),
        6 => (any_card(), edit).prop_map(|(card, edit)| Act::Edit(card, edit)),
        1 => (any_card(), 0..4_usize).prop_map(|(card, machine)| Act::Free(card, machine)),
        4 => (select(&APPS[..]), saying).prop_map(|(app, saying)| Act::Say(app, saying)),
        1 => (whom(), ends).prop_map(|((app, target), ends)| Act::Block(app, target, ends)),
        3 => whom().prop_map(|(app, target)| Act::LetIn(app, target)),
        4 => (0..TOPS.len()).prop_map(Act::TakeBack),
        1 => Just(Act::Expire),
    ]
}

fn card_edit(edit: Edit, now: Moment) -> CardEdit {
    let blank = CardEdit::default();
    match edit {
        Edit::Seats(seats) => CardEdit { seats: Some(seats.to_string().parse().unwrap()), ..blank },
        Edit::Points(points) => CardEdit { points: Some(points), ..blank },
        Edit::Policy(policy) => CardEdit { policy: Some(policy.parse().unwrap()), ..blank },
        Edit::LastMoment(until) => {
            CardEdit { valid_until: Some(until.map(|until| now + seconds(until))), ..blank }
        }
        Edit::Unused => CardEdit { status: Some(StatusEdit::Unused), ..blank },
        Edit::Expired => CardEdit { status: Some(StatusEdit::Expired), ..blank },
    }
}

fn key(app: &str, target: &str) -> BlockKey {
    let app = (!app.is_empty()).then(|| app.parse().unwrap());
    BlockKey { app, target: target.parse::<BlockTarget>().unwrap() }
}

const MISSING: &str = "not there";
const UNCHANGED: &str = "so already";

fn refused(error: ActError) -> String {
    match error {
        ActError::Refused(refusal) => format!("{refusal:?}"),
        ActError::App(AppRefusal::Unchanged(_)) | ActError::Block(BlockRefusal::Unchanged) => {
            UNCHANGED.into()
        }
        ActError::Block(BlockRefusal::NotBlocked(_)) | ActError::NotFound => MISSING.into(),
        error => panic!("{error}"),
    }
}

/// Does it, or says why not.
pub(super) async fn done(
    store: &Store,
    act: &Act,
    deck: Deck,
    world: &World,
    now: Moment,
) -> Result<(), String> {
    let anna = Operator::new("anna").unwrap();
    let seen = async |which: Which| {
        let code = which.code(deck, world);
        let found = store.card_by_code(&CardCode::parse(&code).unwrap()).await.unwrap();
        found.map(|(card, _)| card).ok_or_else(|| MISSING.to_owned())
    };
    match act {
        Act::One(which, act) => {
            let one = agreed(OneAct { act: act.clone(), seen: seen(*which).await? });
            store.act_on_one(&anna, &one).await.map(drop)
        }
        Act::Edit(which, edit) => {
            let one = agreed(OneEdit { edit: card_edit(*edit, now), seen: seen(*which).await? });
            store.edit(&anna, &one).await.map(drop)
        }
        Act::Free(which, machine) => {
            let machine = MACHINES[*machine].to_owned();
            let one = agreed(OneSeat { seen: seen(*which).await?, machine });
            store.free_seat(&anna, &one).await.map(drop)
        }
        Act::Say(app, saying) => {
            let seen = store.app(&app.parse().unwrap()).await.unwrap();
            let mut wanted = seen.clone().unwrap();
            match saying {
                Saying::Policy(policy) => wanted.policy = policy.parse().unwrap(),
                Saying::Minimum(minimum) => wanted.minimum = minimum.map(|minimum| minimum.parse().unwrap()),
                Saying::Notice(notice) => wanted.notice = notice.map(str::to_owned),
                Saying::Archived(is_archived) => wanted.is_archived = *is_archived,
            }
            store.save_app(&anna, &agreed(AppOrder { seen, wanted: Some(wanted) })).await.map(drop)
        }
        Act::Block(app, target, ends) => {
            let until = ends.map(|ends| now + seconds(ends));
            let block = Block { key: key(app, target), reason: None, until };
            store.act_on_blocks(&anna, &agreed(BlockOrder::Add(vec![block]))).await.map(drop)
        }
        Act::LetIn(app, target) => {
            let order = BlockOrder::Remove(vec![key(app, target)]);
            store.act_on_blocks(&anna, &agreed(order)).await.map(drop)
        }
        Act::TakeBack(top) => {
            let burnt = seen(Which::Top(*top)).await?.id;
            let top_up = store.top_up_with(burnt).await.unwrap().ok_or(MISSING)?;
            store.undo_recharge(&anna, &agreed(RechargeUndo { record: top_up.record })).await.map(drop)
        }
        Act::Expire => {
            let mut cursor = Some(ExpiryCursor::default());
            while let Some(next) = cursor {
                cursor = store.expire_batch(next).await.unwrap().next;
            }
            store.forget_point_uses(1_000).await.unwrap();
            Ok(())
        }
    }
    .map_err(refused)
}

impl Act {
    /// What it came to, in a few words.
    pub(super) fn outcome(&self, done: &Result<(), String>) -> String {
        let name = match self {
            Self::One(_, act) => act.name(),
            Self::Edit(..) => "edit",
            Self::Free(..) => "free",
            Self::Say(..) => "say",
            Self::Block(..) => "block",
            Self::LetIn(..) => "let in",
            Self::TakeBack(_) => "take back",
            Self::Expire => "expire",
        };
        format!("an operator's {name}: {}", done.as_ref().map_or_else(String::as_str, |()| "done"))
    }
}

impl Card {
    /// As an operator sees it.
    fn record(&self, code: &str, now: Moment) -> CardRecord {
        let (prefix, rest) = code.split_once('-').unwrap();
        CardRecord {
            prefix: prefix.to_owned(),
            code: rest.to_owned(),
            full_code: code.to_owned(),
            status: self.status_at(now),
            stored_status: self.status,
            duration: self.duration.map_or(CardDuration::Forever, CardDuration::Seconds),
            machine_code: self.first.as_ref().map(|seat| seat.machine.clone()),
            batch_id: self.batch,
            created_at: self.created_at,
            used_at: self.used_at,
            expire_at: self.expire_at,
            app: self.app.clone(),
            seats: self.seats,
            points: self.points,
            valid_until: self.valid_until,
            policy: Some(self.policy.clone()).filter(|policy| !policy.is_empty()),
            ..CardRecord::blank(1)
        }
    }

    /// Gives it the values of a record, but for its machines.
    fn set(&mut self, record: CardRecord) {
        self.status = record.stored_status;
        self.duration = record.duration.seconds();
        (self.used_at, self.expire_at) = (record.used_at, record.expire_at);
        (self.seats, self.points, self.valid_until) = (record.seats, record.points, record.valid_until);
        self.policy = record.policy.unwrap_or_default();
    }

    /// Leaves it no more machines than it has seats: first those go whose leases are over, then those that were seen longest
    /// ago.
    fn keep_seats(&mut self, now: Moment) {
        let used_at = self.used_at;
        let seen = |seat: &Seat| seat.seen_at.or(used_at);
        let mut all: Vec<Seat> = self.all_seats().cloned().collect();
        all[usize::from(self.first.is_some())..]
            .sort_by_key(|seat| (Reverse(seen(seat)), seat.machine.clone()));
        let mut kept: Vec<&Seat> = all.iter().collect();
        kept.sort_by_key(|seat| (!seat.is_taken(now), Reverse(seen(seat))));
        kept.truncate(self.seats.into());
        let kept: Vec<String> = kept.into_iter().map(|seat| seat.machine.clone()).collect();
        self.further.retain(|seat| kept.contains(&seat.machine));
        if self.first.take_if(|first| !kept.contains(&first.machine)).is_some() {
            let next = all.iter().map(|seat| &seat.machine).find(|machine| kept.contains(machine)).unwrap();
            self.move_up(next);
        }
    }

    /// Moves a machine from its further seat into the first.
    fn move_up(&mut self, machine: &str) {
        let place = self.further.iter().position(|seat| seat.machine == machine).unwrap();
        self.first = Some(Seat { bound_at: None, ..self.further.remove(place) });
    }
}

impl World {
    /// What becomes of the world by an act that was meant at one moment and done at another.
    pub(super) fn act(&mut self, act: &Act, deck: Deck, meant: Moment, now: Moment) -> Result<(), String> {
        match act {
            Act::One(which, act) => self.change(*which, deck, now, |card| acts::allowed(act, card, now)),
            Act::Edit(which, edit) => {
                let edit = card_edit(*edit, meant);
                self.change(*which, deck, now, |card| edited(&edit, card, now))
            }
            Act::Free(which, machine) => self.free(*which, deck, MACHINES[*machine], now),
            Act::Say(app, saying) => self.say(app, *saying),
            Act::Block(app, target, ends) => {
                let until = ends.map(|ends| meant + seconds(ends));
                let before = self.blocks.insert(((*app).to_owned(), (*target).to_owned()), until);
                if before == Some(until) { Err(UNCHANGED.to_owned()) } else { Ok(()) }
            }
            Act::LetIn(app, target) => {
                let gone = self.blocks.remove(&((*app).to_owned(), (*target).to_owned()));
                gone.map(drop).ok_or_else(|| MISSING.to_owned())
            }
            Act::TakeBack(top) => self.take_back(TOPS[*top]),
            Act::Expire => {
                for card in self.cards.values_mut() {
                    let is_meant = card.status == CardStatus::Active
                        || card.status == CardStatus::Unused && card.valid_until.is_some();
                    if is_meant && card.expire_at.is_some_and(|ends| ends < now) {
                        card.status = CardStatus::Expired;
                    }
                }
                self.uses.retain(|_, taken| taken.at >= now - TimeDelta::days(2));
                Ok(())
            }
        }
    }

    /// Changes a card as the rules of acts or of edits decide.
    fn change(
        &mut self,
        which: Which,
        deck: Deck,
        now: Moment,
        decide: impl Fn(&CardRecord) -> Result<Change, ActRefusal>,
    ) -> Result<(), String> {
        let code = which.code(deck, self);
        let card = self.cards.get_mut(&code).ok_or(MISSING)?;
        let change = decide(&card.record(&code, now)).map_err(|refusal| format!("{refusal:?}"))?;
        let Change::Update(after) = change else { unreachable!("nothing is deleted") };
        if after.machine_code.is_none() {
            // Who frees a card of its machine frees it of all.
            card.first = None;
            card.further.clear();
        }
        let was_fewer = after.seats < card.seats;
        card.set(*after);
        if was_fewer {
            card.keep_seats(now);
        }
        Ok(())
    }

    /// Frees the seat of one machine.
    fn free(&mut self, which: Which, deck: Deck, machine: &str, now: Moment) -> Result<(), String> {
        let code = which.code(deck, self);
        let card = self.cards.get_mut(&code).ok_or(MISSING)?;
        let unbound = acts::allowed(&acts::Act::Unbind, &card.record(&code, now), now);
        let Change::Update(after) = unbound.map_err(|refusal| format!("{refusal:?}"))? else {
            unreachable!()
        };
        if card.seat(machine).is_none() {
            return Err(format!("{:?}", ActRefusal::NoSeat));
        }
        card.vacate(machine);
        card.set(*after);
        Ok(())
    }

    fn say(&mut self, app: &str, saying: Saying) -> Result<(), String> {
        let product = self.apps.get_mut(app).unwrap();
        let before = product.clone();
        match saying {
            Saying::Policy(policy) => policy.clone_into(&mut product.policy),
            Saying::Minimum(minimum) => product.minimum = minimum.map(str::to_owned),
            Saying::Notice(notice) => product.notice = notice.map(str::to_owned),
            Saying::Archived(is_archived) => product.is_archived = is_archived,
        }
        if *product == before { Err(UNCHANGED.to_owned()) } else { Ok(()) }
    }

    /// Takes the last top-up with a card back, as long as both cards are what it made of them but for points that were taken.
    fn take_back(&mut self, with: &str) -> Result<(), String> {
        let burnt =
            self.log.iter().rposition(|done| done.code == with && done.act == "BURN").ok_or(MISSING)?;
        let [topped, burnt] = [&self.log[burnt - 1], &self.log[burnt]];
        let points = |values: &Map<String, Value>| values.get("points").and_then(Value::as_u64);
        let added = points(&topped.after).map(|after| after - points(&topped.before).unwrap_or(0));
        let has = |card: &Card, done: &Done, added: Option<u64>| {
            let is = |name: &str, value: Value| done.after.get(name).is_none_or(|after| *after == value);
            is("status", card.status.as_str().into())
                && is("used_at", stored(card.used_at))
                && is("expire_at", stored(card.expire_at))
                && match added {
                    Some(added) => card.points.is_some_and(|points| u64::from(points) >= added),
                    None => is("points", card.points.into()),
                }
        };
        if !has(&self.cards[&topped.code], topped, added) || !has(&self.cards[with], burnt, None) {
            return Err(format!("{:?}", ActRefusal::ChangedSince));
        }
        let [topped, burnt] = [topped.clone(), burnt.clone()];
        for done in [&topped, &burnt] {
            let card = self.cards.get_mut(&done.code).unwrap();
            let moment = |name: &str| done.before.get(name).map(read_moment);
            card.used_at = moment("used_at").unwrap_or(card.used_at);
            card.expire_at = moment("expire_at").unwrap_or(card.expire_at);
            if let Some(status) = done.before.get("status") {
                card.status = status.as_str().unwrap().parse().unwrap();
            }
        }
        let card = self.cards.get_mut(&topped.code).unwrap();
        if let Some(added) = added {
            let left = card.points.map(|points| points - u32::try_from(added).unwrap());
            let had_none = points(&topped.before).is_none();
            card.points = left.filter(|left| !(had_none && *left == 0));
        }
        if let Some(before) = points(&burnt.before) {
            self.cards.get_mut(with).unwrap().points = Some(u32::try_from(before).unwrap());
        }
        Ok(())
    }
}
