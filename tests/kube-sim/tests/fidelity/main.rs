//! The same requests go to the real kube-apiserver and to the cluster in process, and the answers are compared one by one.
//! What is masked before the comparison, and why, is in `mask.rs`.

mod builtin;
mod custom;
mod definitions;
mod deletion;
mod lists;
mod mask;
mod op;
mod ownership;
mod pair;
mod random;
mod validation;

use pair::Pair;

#[tokio::test]
async fn the_answers_are_those_of_the_real_server() {
    let mut pair = Pair::start().await.expect("both servers");
    let tables = [
        custom::ops(),
        validation::ops(),
        ownership::ops(),
        builtin::ops(),
        deletion::ops(),
        lists::ops(),
    ];
    for op in tables.into_iter().flatten() {
        pair.run(op).await;
    }
    let mut program = random::Program::new(7);
    for _ in 0..300 {
        let op = program.next();
        pair.run(op).await;
    }
    for op in random::afterwards() {
        pair.run(op).await;
    }
    for op in deletion::definitions() {
        pair.run(op).await;
    }
    println!("{} operations", pair.count());
    assert!(pair.count() >= 450, "{} operations", pair.count());
    let different = pair.different();
    assert!(different.is_empty(), "{} answers differ\n{}", different.len(), different.join("\n"));
}
