//! The contract in Rust, generated from `wit/world.wit`. Not for authors: all of it that they need has a name in the crate's
//! root.
//!
//! The contract's worlds both export `manifest`, and a crate can bind each export once. So it is bound by itself here, and a
//! strategy is made of two parts, which the component's encoder puts together again.
#![allow(missing_docs)]

pub mod manifest {
    wit_bindgen::generate!({
        inline: "package chronogram:sdk; world describing { export chronogram:strategy/manifest@1.0.0; }",
        world: "chronogram:sdk/describing",
        path: "../../wit",
        pub_export_macro: true,
        default_bindings_module: "chronogram_strategy::bindings::manifest",
        with: { "chronogram:strategy/types@1.0.0": crate::bindings::profile::chronogram::strategy::types },
    });
}

pub mod profile {
    wit_bindgen::generate!({
        inline: "package chronogram:sdk;
            world filling { import chronogram:strategy/log@1.0.0; export chronogram:strategy/profile@1.0.0; }",
        world: "chronogram:sdk/filling",
        path: "../../wit",
        additional_derives: [PartialEq],
        generate_all,
        pub_export_macro: true,
        default_bindings_module: "chronogram_strategy::bindings::profile",
    });
}

pub mod alert {
    wit_bindgen::generate!({
        inline: "package chronogram:sdk;
            world watching { import chronogram:strategy/log@1.0.0; export chronogram:strategy/alert@1.0.0; }",
        world: "chronogram:sdk/watching",
        path: "../../wit",
        additional_derives: [PartialEq],
        pub_export_macro: true,
        default_bindings_module: "chronogram_strategy::bindings::alert",
        with: {
            "chronogram:strategy/types@1.0.0": crate::bindings::profile::chronogram::strategy::types,
            "chronogram:strategy/effects@1.0.0": crate::bindings::profile::chronogram::strategy::effects,
            "chronogram:strategy/log@1.0.0": crate::bindings::profile::chronogram::strategy::log,
        },
    });
}
