//! What operators and the expiry job do meanwhile, by the store.

use kami_core::acts;
use kami_core::app::AppName;
use kami_core::block::{Block, BlockKey, BlockTarget};
use kami_core::card::CardCode;
use kami_core::duration::CardDuration;
use kami_core::edit::{CardEdit, StatusEdit};
use kami_core::operator::Operator;
use kami_core::preset::Preset;
use kami_core::seats::Seats;
use kami_store::{
    ActError, AppOrder, AppRefusal, BlockOrder, BlockRefusal, ExpiryCursor, OneAct, OneEdit, OneSeat,
    PresetOrder, PresetRefusal, RechargeUndo, Store,
};
use kami_testkit::agreed;
use proptest::prelude::*;
use proptest::sample::select;

use super::model::{FAR, Moment, PRESET, World, seconds};
use super::start::TOPS;
use super::which::{APPS, Deck, MACHINES, Which, any_card};

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
    /// Whether the cards of [`PRESET`] top others up; `None` removes it.
    Sell(Option<bool>),
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
        9 => Just(acts::Act::Enable),
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
        5 => whom().prop_map(|(app, target)| Act::LetIn(app, target)),
        8 => (0..TOPS.len()).prop_map(Act::TakeBack),
        2 => select(&[None, Some(true), Some(true), Some(false)][..]).prop_map(Act::Sell),
        1 => Just(Act::Expire),
    ]
}

/// The change that is meant at that moment.
pub(super) fn card_edit(edit: Edit, now: Moment) -> CardEdit {
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

/// Why an act is not done, where the rules of acts say nothing of it.
pub(super) const MISSING: &str = "not there";
pub(super) const UNCHANGED: &str = "so already";

fn refused(error: ActError) -> String {
    match error {
        ActError::Refused(refusal) => format!("{refusal:?}"),
        ActError::App(AppRefusal::Unchanged(_))
        | ActError::Block(BlockRefusal::Unchanged)
        | ActError::Preset(PresetRefusal::Unchanged(_)) => UNCHANGED.into(),
        ActError::Block(BlockRefusal::NotBlocked(_)) | ActError::NotFound => MISSING.into(),
        error => error.to_string(),
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
        Act::Sell(recharges) => {
            let (app, name) = (AppName::default(), PRESET.parse().unwrap());
            let seen = store.preset(&app, &name).await.unwrap();
            let wanted = recharges.map(|recharges| Preset {
                app,
                name,
                prefix: "TOP".parse().unwrap(),
                duration: CardDuration::Forever,
                valid_until: None,
                points: None,
                seats: Seats::ONE,
                price: None,
                recharges,
            });
            if seen.is_none() && wanted.is_none() {
                return Err(MISSING.to_owned());
            }
            store.save_preset(&anna, &agreed(PresetOrder { seen, wanted })).await.map(drop)
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
            Self::Sell(_) => "sell",
            Self::Expire => "expire",
        };
        format!("an operator's {name}: {}", done.as_ref().map_or_else(String::as_str, |()| "done"))
    }
}
