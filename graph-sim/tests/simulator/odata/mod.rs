//! `$filter` and the tables of query options, alone and through the routes.

mod filter;
mod routes;
mod tables;
